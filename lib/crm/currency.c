#include "currency.h"

#include <string.h>

/* lib/crm/data/currencies.txt: a line that says what it is, then codes with blanks between. */
extern const char data_crm_currencies_txt[];

bool
currency_known(const char *code)
{
	enum { CODE_SIZE = 3 };
	const char *at = data_crm_currencies_txt + strcspn(data_crm_currencies_txt, "\n");

	if (strlen(code) != CODE_SIZE)
		return false;
	while (*(at += strspn(at, " \n")) != '\0') {
		if (memcmp(at, code, CODE_SIZE) == 0)
			return true;
		at += CODE_SIZE;
	}
	return false;
}

int
currency_exponent(const char *currency)
{
	static const char NONE[] =
		"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
	static const char THREE[] = "BHD IQD JOD KWD LYD OMR TND";

	if (currency == NULL)
		return 2;
	if (strstr(NONE, currency) != NULL)
		return 0;
	if (strstr(THREE, currency) != NULL)
		return 3;
	return strcmp(currency, "CLF") == 0 || strcmp(currency, "UYW") == 0 ? 4 : 2;
}
