# One Makefile for everything; all that is made lies under build/. contrib/HACKING.md tells more.
#
#   make                         programs, plain            -> build/plain/bin
#   make SANITIZE=address,undefined                         -> build/asan/bin
#   make SANITIZE=thread                                    -> build/tsan/bin
#   make COVERAGE=1                                         -> build/cov/bin
#   make check-unit-wire         the unit tests of one room
#   make check                   all tests of the plain build; check-all adds the other builds
#   make coverage                how much of our own code the tests run
#   make fuzz torture            what takes an hour and more
#   make WERROR=1 CC=clang VARIANT=clang

VERSION := 0.1.0

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
SANITIZE ?=
COVERAGE ?=
WERROR ?=
PYTHON ?= /usr/bin/python3
CLANG ?= clang
CLANG_FORMAT ?= clang-format-14
FUZZ_SECONDS ?= 60
# Per cent of the lines in lib and daemon.
COVERAGE_LEAST ?= 90
JOBS ?= $(shell nproc)
ifeq ($(origin CC),default)
CC := gcc
endif

VARIANT ?= $(if $(COVERAGE),cov,$(if $(SANITIZE),$(if $(findstring thread,$(SANITIZE)),tsan,asan),plain))
B := build/$(VARIANT)
V ?=
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# ---- who may see whom ----------------------------------------------------------------------------

ROOMS := base wire sandbox store query net mail calendar import crm capture export
PROGRAMS := main engine fetch parse client

SEES_base := base
SEES_wire := base wire
SEES_sandbox := base sandbox
SEES_store := base store
SEES_query := base wire store query
SEES_net := base wire net
SEES_mail := base wire mail
SEES_calendar := base wire calendar
SEES_import := base wire import
SEES_crm := base wire store query crm
SEES_capture := base wire store query crm capture
SEES_export := base wire store query crm export

SEES_main := base wire sandbox
SEES_engine := base wire sandbox store query crm capture export
SEES_fetch := base wire sandbox net
SEES_parse := base wire sandbox mail calendar import
SEES_client := base wire sandbox

# The foreign libraries a room or a program is the door of.
NEEDS_base := libcrypto libidn2
NEEDS_wire := jansson
NEEDS_sandbox := libseccomp
NEEDS_store := sqlite3
NEEDS_net := libssl libcrypto $(if $(wildcard lib/net/http.c),libcurl)
NEEDS_mail := libetpan
NEEDS_calendar := libical
NEEDS_main := libuv
NEEDS_engine := libuv
NEEDS_fetch := libuv

BINARY_main := liaisond
BINARY_engine := liaison-engine
BINARY_fetch := liaison-fetch
BINARY_parse := liaison-parse
BINARY_client := liaison

# The room whose surroundings a fuzz target is built in; one that is not named here sees engine's.
FUZZ_ROOM_text := base
FUZZ_ROOM_address := base
FUZZ_ROOM_moment := base
FUZZ_ROOM_frame := wire
FUZZ_ROOM_json := wire
FUZZ_ROOM_payload := wire
FUZZ_ROOM_uid_set := wire
FUZZ_ROOM_config := wire
FUZZ_ROOM_imap := net
FUZZ_ROOM_mutf7 := net
FUZZ_ROOM_url := net
FUZZ_ROOM_answer := net
FUZZ_ROOM_scrub := net
FUZZ_ROOM_header := mail
FUZZ_ROOM_message := mail
FUZZ_ROOM_html := mail
FUZZ_ROOM_body := mail
FUZZ_ROOM_feed := calendar
FUZZ_ROOM_recurrence := calendar
FUZZ_ROOM_meeting := calendar
FUZZ_ROOM_feed_frame := wire
FUZZ_ROOM_formula := base
FUZZ_ROOM_csv := import
FUZZ_ROOM_vcard := import
FUZZ_ROOM_find_text := crm
FUZZ_ROOM_condition := query
FUZZ_ROOM_shown := client
FUZZ_ROOM_hear := main
# Those of a program link what it consists of, too.
FUZZ_PROGRAM_rpc := engine
FUZZ_PROGRAM_shown := client
FUZZ_PROGRAM_pipeline := engine
FUZZ_PROGRAM_hear := main

# ---- flags ---------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings $(if $(WERROR),-Werror)
HARDEN := -fstack-protector-strong -fPIE $(if $(filter x86_64,$(shell uname -m)),\
	-fstack-clash-protection -fcf-protection)
# Counters are files that every program writes at its end, which only the relaxed sandbox lets it.
ifneq ($(COVERAGE),)
OPTIMISE := -O0 -g --coverage -fprofile-update=atomic -include tests/count.h -DLIAISON_SANITIZED
else ifeq ($(SANITIZE),)
OPTIMISE := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(if $(findstring clang,$(CC)),2,3)
else
OPTIMISE := -O1 -g1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-DLIAISON_SANITIZED
endif
CFLAGS ?=
BASE_FLAGS := -std=gnu17 -D_GNU_SOURCE= $(OPTIMISE) $(WARNINGS) $(HARDEN) -DLIAISON_VERSION='"$(VERSION)"' $(CFLAGS)
LINK_FLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(if $(COVERAGE),--coverage) $(LDFLAGS)
PROGRAM_FLAGS := -DLIAISON_LIBEXEC='"$(PREFIX)/libexec/liaison"' \
	-DLIAISON_SYSCONFDIR='"$(SYSCONFDIR)"'

# libetpan's own .pc file forbids PIE and names libraries that are not needed.
LIBS_libetpan := -letpan
CFLAGS_OF_libetpan :=
KNOWN_LIBS := libcrypto libidn2 jansson libseccomp sqlite3 libssl libcurl libical libuv
$(foreach l,$(KNOWN_LIBS),$(eval LIBS_$(l) = $$(eval LIBS_$(l) := $$$$(shell pkg-config --libs $(l)))$$(LIBS_$(l))))
$(foreach l,$(KNOWN_LIBS),$(eval CFLAGS_OF_$(l) = $$(eval CFLAGS_OF_$(l) := $$$$(shell pkg-config --cflags $(l)))$$(CFLAGS_OF_$(l))))

needs = $(sort $(NEEDS_$(1)) $(foreach r,$(SEES_$(1)),$(NEEDS_$(r))))
libs_of = $(foreach n,$(call needs,$(1)),$(LIBS_$(n)))
cflags_of = $(strip $(foreach n,$(call needs,$(1)),$(CFLAGS_OF_$(n))))
archives_of = $(foreach r,$(SEES_$(1)),$(B)/lib$(r).a)
group = -Wl,--start-group $(1) -Wl,--end-group

# ---- what there is -------------------------------------------------------------------------------

BINARIES := $(foreach p,$(PROGRAMS),$(if $(wildcard daemon/$(p)/main.c),$(B)/bin/$(BINARY_$(p))))
UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(B)/%)
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c)))
FUZZ_CORPORA := $(FUZZ_NAMES:%=$(B)/tests/fuzz/%-corpus)
BENCHES := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))
OUR_SOURCES := $(wildcard lib/*/*.[ch] lib/*/*/*.[ch] daemon/*/*.[ch] daemon/*/*/*.[ch] \
	tests/unit/*/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch] include/liaison/*/*.h)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all check check-all check-unit check-e2e check-source check-format check-headers check-links \
	check-fuzz check-tidy coverage fuzz torture bench install dist clean compile_commands.json FORCE

all: $(BINARIES)

# A change of compiler or flags makes everything again.
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(subst ','\'',$(BASE_FLAGS) $(PROGRAM_FLAGS) $(LINK_FLAGS))' > $@.$$$$; \
		if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

# build/view/<room>/liaison holds links to the rooms below it, so that an upward include cannot be found.
build/view/.made: Makefile
	@$(foreach r,$(ROOMS) $(PROGRAMS),mkdir -p build/view/$(r)/liaison; $(foreach s,$(SEES_$(r)),\
		ln -sfn ../../../../include/liaison/$(s) build/view/$(r)/liaison/$(s);))
	@touch $@

# Data and schema files become C: const char data_<room>_<file>[] and ..._size.
build/gen/%.data.c: % contrib/embed
	@mkdir -p $(@D)
	@contrib/embed data $< > $@
build/gen/lib/store/schema.c: $(sort $(wildcard lib/store/schema/*.sql)) contrib/embed
	@mkdir -p $(@D)
	@contrib/embed schema $(sort $(wildcard lib/store/schema/*.sql)) > $@
$(B)/gen/%.o: build/gen/%.c $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) -MMD -MP -c -o $@ $<

# $(1) room, $(2) its folder: objects of a room or a program
define COMPILE
$(B)/$(2)/%.o: $(2)/%.c $(B)/.flags | build/view/.made
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$(Q)$(CC) $(BASE_FLAGS) $(3) -Ibuild/view/$(1) -I$(2) $$(call cflags_of,$(1)) -MMD -MP -c -o $$@ $$<
endef

define ROOM
OBJECTS_$(1) := $(patsubst %.c,$(B)/%.o,$(wildcard lib/$(1)/*.c lib/$(1)/*/*.c)) \
	$(patsubst %,$(B)/gen/%.data.o,$(wildcard lib/$(1)/data/*)) \
	$(if $(filter store,$(1)),$(B)/gen/lib/store/schema.o)
$(B)/lib$(1).a: $$(OBJECTS_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$(OBJECTS_$(1))
endef

define PROGRAM
OBJECTS_$(1) := $(patsubst %.c,$(B)/%.o,$(filter-out daemon/$(1)/main.c,\
	$(wildcard daemon/$(1)/*.c daemon/$(1)/*/*.c)))
$(B)/daemon/lib$(1).a: $$(OBJECTS_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$(OBJECTS_$(1))
$(B)/bin/$(BINARY_$(1)): $(B)/daemon/$(1)/main.o $(B)/daemon/lib$(1).a $(call archives_of,$(1))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$(Q)$(CC) $(LINK_FLAGS) -o $$@ $(B)/daemon/$(1)/main.o \
		$(call group,$(B)/daemon/lib$(1).a $(call archives_of,$(1))) $$(call libs_of,$(1)) -lm
.PHONY: $(BINARY_$(1))
$(BINARY_$(1)): $(B)/bin/$(BINARY_$(1))
endef

# Unit tests of a room or a program: each test_*.c is a program; other .c files beside it are shared.
define UNIT
SHARED_$(1) := $(patsubst %.c,$(B)/%.o,$(filter-out tests/unit/$(1)/test_%.c,$(wildcard tests/unit/$(1)/*.c)))
$(B)/tests/unit/$(1)/%.o: tests/unit/$(1)/%.c $(B)/.flags | build/view/.made
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$(Q)$(CC) $(BASE_FLAGS) -Ibuild/view/$(1) -Itests/unit -Itests/unit/$(1) \
		-I$(if $(filter $(1),$(PROGRAMS)),daemon,lib)/$(1) $$(call cflags_of,$(1)) -MMD -MP -c -o $$@ $$<
$(B)/tests/unit/$(1)/test_%: $(B)/tests/unit/$(1)/test_%.o $$(SHARED_$(1)) $(2) $(call archives_of,$(1))
	$(Q)$(CC) $(LINK_FLAGS) -o $$@ $$< $$(SHARED_$(1)) $(call group,$(2) $(call archives_of,$(1))) \
		$$(LINK_$$(@F)) $$(call libs_of,$(1)) -lcmocka -lm
.PHONY: check-unit-$(1)
check-unit-$(1):
	@-$(MAKE) -k --no-print-directory $(filter $(B)/tests/unit/$(1)/%,$(UNIT_TESTS))
	@tests/run unit $(B) unit-$(1) $(filter $(B)/tests/unit/$(1)/%,$(UNIT_TESTS))
endef

# A room's test_memory is linked with calls that can be refused.
STARVED := malloc calloc realloc fopen opendir scandir idn2_to_ascii_8z read write recv send getrandom poll waitpid
STARVING := $(patsubst %.c,$(B)/%.o,$(wildcard tests/unit/memory/*.c))
LINK_test_memory = $(STARVING) $(STARVED:%=-Wl,--wrap=%)
$(filter %/test_memory,$(UNIT_TESTS)): $(STARVING)
$(B)/tests/unit/memory/%.o: tests/unit/memory/%.c $(B)/.flags | build/view/.made
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) -Ibuild/view/base -Itests/unit -MMD -MP -c -o $@ $<

# $(1) name, $(2) room, $(3) a program's archive: a target with the plain driver that runs its corpus, and with libFuzzer
define FUZZ_TARGET
$(B)/tests/fuzz/$(1).o: tests/fuzz/$(1).c $(B)/.flags | build/view/.made
	@mkdir -p $$(@D)
	$(Q)$(CC) $(BASE_FLAGS) -Wno-missing-prototypes -Ibuild/view/$(2) \
		-I$(if $(filter $(2),$(PROGRAMS)),daemon,lib)/$(2) $$(call cflags_of,$(2)) -MMD -MP -c -o $$@ $$<
$(B)/tests/fuzz/$(1)-corpus: $(B)/tests/fuzz/$(1).o $(B)/tests/fuzz/driver.o $(3) $(call archives_of,$(2))
	$(Q)$(CC) $(LINK_FLAGS) -o $$@ $$< $(B)/tests/fuzz/driver.o \
		$(call group,$(3) $(call archives_of,$(2))) $$(call libs_of,$(2)) -lm
$(B)/tests/fuzz/$(1)-fuzz: $(B)/tests/fuzz/$(1).o $(3) $(call archives_of,$(2))
	$(Q)$(CC) $(LINK_FLAGS) -fsanitize=fuzzer -o $$@ $$< \
		$(call group,$(3) $(call archives_of,$(2))) $$(call libs_of,$(2)) -lm
endef

define BENCH
$(B)/tests/bench/$(1): tests/bench/$(1).c $(B)/.flags $(call archives_of,engine) | build/view/.made
	@mkdir -p $$(@D)
	$(Q)$(CC) $(BASE_FLAGS) -Ibuild/view/engine $$(call cflags_of,engine) -MMD -MP $(LINK_FLAGS) -o $$@ $$< \
		$(call group,$(call archives_of,engine)) $$(call libs_of,engine) $$(BENCH_LIBS_$(1)) -lm
endef
BENCH_LIBS_bare_ical = $(LIBS_libical)

$(foreach r,$(ROOMS),$(eval $(call COMPILE,$(r),lib/$(r),)))
$(foreach p,$(PROGRAMS),$(eval $(call COMPILE,$(p),daemon/$(p),$$(PROGRAM_FLAGS))))
$(foreach r,$(ROOMS),$(eval $(call ROOM,$(r))))
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$(p))))
$(foreach r,$(ROOMS),$(eval $(call UNIT,$(r),)))
$(foreach p,$(PROGRAMS),$(eval $(call UNIT,$(p),$(B)/daemon/lib$(p).a)))
$(foreach f,$(FUZZ_NAMES),$(eval $(call FUZZ_TARGET,$(f),$(or $(FUZZ_ROOM_$(f)),engine),$(if $(FUZZ_PROGRAM_$(f)),$(B)/daemon/lib$(FUZZ_PROGRAM_$(f)).a))))
$(foreach b,$(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c)),$(eval $(call BENCH,$(b))))

$(B)/tests/fuzz/driver.o: tests/fuzz/driver.c $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) -MMD -MP -c -o $@ $<

# ---- checks: each writes its counts to build/results, tests/run sums them ------------------------

RESULTS ?= build/results
.PHONY: unit-programs corpus-programs fuzz-programs bench-programs
unit-programs: $(UNIT_TESTS)
corpus-programs: $(FUZZ_CORPORA)
fuzz-programs: $(FUZZ_NAMES:%=$(B)/tests/fuzz/%-fuzz)
bench-programs: $(BENCHES)

# A build that fails is counted too: what an older build left must not pass in its place.
built = built=0; tests/run build built-$(1)-$(VARIANT) $(MAKE) -k -j$(JOBS) --no-print-directory $(2) || built=1

# UNITS, rooms or programs or their tests, limits it: UNITS='wire engine/test_writer'
UNITS ?=
CHOSEN_UNITS = $(if $(UNITS),$(foreach u,$(UNITS),$(filter $(B)/tests/unit/$(u) $(B)/tests/unit/$(u)/%,\
	$(UNIT_TESTS))),$(UNIT_TESTS))
check-unit:
	@$(call built,unit,$(if $(UNITS),$(CHOSEN_UNITS),unit-programs)); \
		tests/run unit $(B) unit-$(VARIANT) $(CHOSEN_UNITS) && exit $$built

check-fuzz:
	@$(call built,fuzz,corpus-programs); tests/run corpora $(B) fuzz-$(VARIANT) $(FUZZ_CORPORA) && exit $$built

check-e2e:
	@$(call built,all,all $(addprefix $(B)/tests/unit/calendar/,test_recurrence test_meeting)); \
		tests/run e2e $(B) e2e-$(VARIANT) $(PYTHON) $(E2E) && exit $$built

check-source:
	@tests/run command source tests/check-source

check-format:
	@tests/run command format $(CLANG_FORMAT) --dry-run -Werror $(OUR_SOURCES)

check-links:
	@$(call built,all,all); tests/run command links tests/check-links $(B)/bin && exit $$built

check-tidy: compile_commands.json
	@tests/run command tidy tests/check-tidy

check-headers: build/view/.made
	@CC='$(CC) $(call cflags_of,engine)' tests/run command headers tests/check-headers

# The closing line; bootstrap prints it itself, after what make says.
SUMMARY ?= tests/run summary

check:
	@rm -rf $(RESULTS)
	@-$(MAKE) -k --no-print-directory check-links
	@-$(MAKE) -k --no-print-directory check-source check-headers check-format
	@-$(MAKE) -k --no-print-directory check-unit
	@-$(MAKE) -k --no-print-directory check-fuzz
	@-$(MAKE) -k --no-print-directory check-e2e
	@$(SUMMARY)

# The build without warnings is the one whose tests are those of "check"; clang's is the one that is fuzzed.
STRICT = $(MAKE) -k --no-print-directory WERROR=1
BUILD = -j$(JOBS) all unit-programs corpus-programs
FUZZED = VARIANT=fuzz CC=$(CLANG) SANITIZE=fuzzer-no-link,address,undefined

check-all:
	@rm -rf $(RESULTS)
	@-$(MAKE) -k --no-print-directory check-source check-headers check-format
	@-$(MAKE) -k --no-print-directory check-tidy
	@-tests/run build gcc-werror $(STRICT) VARIANT=gcc CC=gcc $(BUILD)
	@-tests/run build clang-werror $(STRICT) $(FUZZED) -j$(JOBS) all unit-programs fuzz-programs
	@-$(STRICT) VARIANT=gcc CC=gcc check-links
	@-$(STRICT) VARIANT=gcc CC=gcc check-unit
	@-$(STRICT) VARIANT=gcc CC=gcc check-fuzz
	@-LIAISON_RULES=10000 $(STRICT) VARIANT=gcc CC=gcc check-e2e
	@-$(MAKE) -k --no-print-directory SANITIZE=address,undefined check-unit
	@-$(MAKE) -k --no-print-directory SANITIZE=address,undefined check-fuzz
	@-E2E_JOBS=6 $(MAKE) -k --no-print-directory SANITIZE=address,undefined check-e2e
	@-$(MAKE) -k --no-print-directory SANITIZE=thread check-unit UNITS='$(THREADED_UNITS)'
	@-$(MAKE) -k --no-print-directory SANITIZE=thread check-e2e E2E='-k "$(THREADED)"'
	@-$(STRICT) FUZZ_SECONDS=3 fuzz
	@-tests/run units
	@$(SUMMARY)

# The tests against a daemon in which threads meet; parse and fetch have one each.
THREADED_UNITS := engine sandbox store/test_backup store/test_sql store/test_store
THREADED := test_live or test_protocol or test_input or test_load or test_calendar_source or test_kill

coverage:
	@-tests/run build built-coverage $(MAKE) -k --no-print-directory COVERAGE=1 $(BUILD)
	@tests/coverage build/cov begin
	@-$(MAKE) -k --no-print-directory COVERAGE=1 check-unit
	@-$(MAKE) -k --no-print-directory COVERAGE=1 check-fuzz
	@-$(MAKE) -k --no-print-directory COVERAGE=1 check-e2e
	@tests/run coverage build/cov $(COVERAGE_LEAST)

fuzz:
	@tests/run build built-fuzz $(MAKE) -k -j$(JOBS) --no-print-directory $(FUZZED) fuzz-programs
	@tests/run fuzz build/fuzz $(FUZZ_SECONDS) $(or $(FUZZ),$(FUZZ_NAMES))

torture:
	@tests/torture $(TORTURE)

bench:
	@$(MAKE) --no-print-directory all bench-programs
	@if [ -x tests/bench/run ]; then tests/bench/run $(B); else echo 'there is no tests/bench/run yet'; fi

# ---- the rest ------------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/liaison
	install -m 755 $(B)/bin/liaisond $(B)/bin/liaison $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(B)/bin/liaison-engine $(B)/bin/liaison-fetch $(B)/bin/liaison-parse \
		$(DESTDIR)$(PREFIX)/libexec/liaison
	@contrib/install-files '$(DESTDIR)' '$(PREFIX)' '$(SYSCONFDIR)'

dist:
	@mkdir -p build
	git archive --format=tar.gz --prefix=liaison-$(VERSION)/ -o build/liaison-$(VERSION).tar.gz HEAD

clean:
	rm -rf build compile_commands.json

compile_commands.json: build/view/.made
	@$(PYTHON) contrib/compile-commands $(MAKE) > $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)
