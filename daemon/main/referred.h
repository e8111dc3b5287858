#ifndef LIAISON_MAIN_REFERRED_H
#define LIAISON_MAIN_REFERRED_H

#include "settings.h"

/* The files, folders and commands that a configuration refers to: what they lack is remarked on and
 * no mistake, for they may come later. */
void referred_remark(const struct config *config, struct mistakes *mistakes);

#endif
