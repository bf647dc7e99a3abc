# make            build/congkhai and build/portal-simulator
# make test       every test (scripts/test does the set-up first)
# make check      what needs no run: format, headers, messages, limits, layers, doors, documents
# make bench      how fast, beside yardsticks of the same minutes (scripts/bench says which cases)
# make install    PREFIX=/usr/local DESTDIR= SYSCONFDIR=/etc SYSTEMD=$(PREFIX)/lib/systemd/system
# Variants: BUILD=build-asan SANITIZE=address,undefined · BUILD=build-clang CC=clang · WERROR=1 · FAULTS=1 (crash points)

ifeq ($(origin CC),default)
CC := gcc
endif
BUILD   ?= build
PREFIX  ?= /usr/local
SYSCONFDIR ?= /etc
SYSTEMD    ?= $(PREFIX)/lib/systemd/system
VERSION := 0.2.0

# Without unixODBC the program is built all the same; a source that needs it then says so. ODBC= leaves it out.
ODBC      := $(shell pkg-config --exists odbc && echo odbc)
LIBRARIES := libcurl libxml-2.0 libcjson sqlite3 libpcre2-8 libutf8proc yaml-0.1 libcrypto libarchive zlib libdeflate xlsxwriter libseccomp libmicrohttpd $(ODBC)
WARNINGS  := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
             -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wvla $(if $(WERROR),-Werror)
CFLAGS    ?= -O2 -g
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -DCONGKHAI_VERSION='"$(VERSION)"' -DCONGKHAI_PREFIX='"$(PREFIX)"' -I. \
             $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -fno-strict-aliasing -fstack-protector-strong \
             $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined) \
             $(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(FAULTS),-DCONGKHAI_FAULTS) \
             $(if $(ODBC),-DCONGKHAI_ODBC) \
             $(shell pkg-config --cflags $(LIBRARIES))
ALL_LDFLAGS := $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -pthread
LDLIBS    := $(shell pkg-config --libs $(LIBRARIES)) -lm

LAYERS := core adapters record store extract transform load report notify console cli
SOURCES := $(foreach layer,$(LAYERS),$(wildcard $(layer)/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
MAIN    := $(BUILD)/cli/main.o
MAINS   := $(MAIN) $(BUILD)/cli/make_reference.o

# The link lines say who may use whom: a stage's archive is linked with core, adapters, record and store only.
archive = $(BUILD)/lib$(1).a
BASE     := $(call archive,store) $(call archive,record) $(call archive,adapters) $(call archive,core)

SUPPORT_SOURCES  := $(wildcard tests/support/*.c)
SIMULATOR        := $(filter tests/support/portal_simulator%.c,$(SUPPORT_SOURCES))
UNIT_TESTS       := $(wildcard tests/core/*.c tests/adapters/*.c tests/record/*.c tests/store/*.c \
                      tests/extract/*.c tests/transform/*.c tests/load/*.c)
UNIT_BINARIES    := $(UNIT_TESTS:%.c=$(BUILD)/%)
FUZZERS          := $(wildcard tests/fuzz/*.c)
FUZZ_BINARIES    := $(FUZZERS:%.c=$(BUILD)/%)
TRANSLATIONS     := $(patsubst po/%.po,$(BUILD)/locale/%/LC_MESSAGES/congkhai.mo,$(wildcard po/*.po))

# Man pages and completion are written from the program's own tables.
REFERENCE        := $(BUILD)/man/man1/congkhai.1 $(BUILD)/man/vi/man1/congkhai.1 $(BUILD)/completion/congkhai \
                    $(BUILD)/schema/configuration.schema.json

all: $(BUILD)/congkhai $(BUILD)/portal-simulator $(TRANSLATIONS) $(REFERENCE)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define layer_archive
$(call archive,$(1)): $(filter-out $(MAINS),$(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c)))
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_archive,$(layer))))

STAGES := $(call archive,extract) $(call archive,transform) $(call archive,load) $(call archive,console) $(call archive,report) \
          $(call archive,notify)

$(BUILD)/congkhai: $(MAIN) $(call archive,cli) $(STAGES) $(BASE)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/make-reference: $(BUILD)/cli/make_reference.o $(call archive,cli) $(STAGES) $(BASE)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

written = mkdir -p $(@D) && $(BUILD)/make-reference $(1) >$@.part && mv $@.part $@
$(REFERENCE): $(BUILD)/make-reference $(TRANSLATIONS)
$(BUILD)/man/man1/congkhai.1:
	$(call written,man en)
$(BUILD)/man/vi/man1/congkhai.1:
	$(call written,man vi)
$(BUILD)/completion/congkhai:
	$(call written,completion)
$(BUILD)/schema/configuration.schema.json:
	mkdir -p $(@D) && $(BUILD)/make-reference schemas $(@D)

# The same objects with the system calls in between that can be made to fail: for the crash campaign.
$(BUILD)/congkhai-faults: $(MAIN) $(call archive,cli) $(STAGES) $(BASE) $(BUILD)/tests/support/faulty_calls.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# And with those that can be made to fail at each place that calls them: for scripts/torture.
$(BUILD)/congkhai-torture: $(MAIN) $(call archive,cli) $(STAGES) $(BASE) $(BUILD)/tests/support/torture_calls.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/portal-simulator: $(SIMULATOR:%.c=$(BUILD)/%.o) $(BASE)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# A unit test links its own layer and what that layer may use, nothing else.
TEST_SUPPORT := $(BUILD)/tests/support/test.o
define unit_test
$(BUILD)/tests/$(1)/%: $(BUILD)/tests/$(1)/%.o $(TEST_SUPPORT) $(2)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(eval $(call unit_test,core,$(call archive,core)))
$(eval $(call unit_test,adapters,$(call archive,adapters) $(call archive,core)))
$(eval $(call unit_test,record,$(call archive,record) $(call archive,adapters) $(call archive,core)))
BROKEN := $(BUILD)/tests/support/broken_statements.o
$(eval $(call unit_test,store,$(BROKEN) $(BASE)))
$(eval $(call unit_test,extract,$(call archive,extract) $(BASE)))
$(eval $(call unit_test,transform,$(BROKEN) $(call archive,transform) $(BASE)))
$(eval $(call unit_test,load,$(BROKEN) $(call archive,load) $(BASE)))

# A driver for unixODBC to load, without sanitizers: its functions have the names of the library's.
ODBC_DRIVER := $(if $(ODBC),$(BUILD)/tests/support/odbc_driver.so)
$(BUILD)/tests/support/odbc_driver.so: tests/support/odbc_driver.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -O1 -g -fPIC -shared -Wl,-Bsymbolic -o $@ $<
$(BUILD)/tests/adapters/odbc $(BUILD)/tests/extract/fetch_odbc: | $(ODBC_DRIVER)

# Fuzzers: with clang, make fuzz BUILD=build-fuzz CC=clang SANITIZE=address,undefined FUZZ=1 gives libFuzzer
# programs; without FUZZ a small main replays the files it is given, which is what the test run does.
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(if $(FUZZ),,$(BUILD)/tests/support/fuzz_replay.o) $(STAGES) $(BASE)
	$(CC) $(ALL_LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LDLIBS)

# Reads public suites with the program's readers: scripts/suites.
$(BUILD)/tests/support/suite_reader: $(BUILD)/tests/support/suite_reader.o $(STAGES) $(BASE)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# The verifier goes into every bundle of evidence: the assembler reads it.
$(BUILD)/cli/verify_script.o: scripts/verify-ledger

# So it does with the style of the pages.
$(BUILD)/console/style.o: console/style.css

# So it does with what the adapter of the portal driver mapi looks like.
$(BUILD)/load/portal_mapi_map.o: config/mapi.yaml

# So it does with the shipped rules and code lists.
$(BUILD)/cli/shipped.o: $(wildcard config/rules/*.yaml config/codes/*.csv)

$(BUILD)/locale/%/LC_MESSAGES/congkhai.mo: po/%.po
	@mkdir -p $(@D)
	msgfmt --check-format -o $@ $<

unit-tests: $(UNIT_BINARIES) $(if $(SANITIZE),,$(BUILD)/congkhai-faults)
fuzz: $(FUZZ_BINARIES)
objects: $(OBJECTS)

test: all
	scripts/test --no-setup

check: all
	scripts/check-format
	scripts/check-headers
	scripts/update-error-ids --check
	scripts/update-translations --check
	scripts/list-limits --check
	scripts/check-layers $(BUILD)
	scripts/check-docs $(BUILD)

bench: all
	scripts/bench --history docs/performance-history.jsonl $(CASES)

UNITS := $(notdir $(wildcard service/*.service service/*.socket service/*.timer))

install: all
	install -Dm755 $(BUILD)/congkhai $(DESTDIR)$(PREFIX)/bin/congkhai
	install -Dm644 $(BUILD)/man/man1/congkhai.1 $(DESTDIR)$(PREFIX)/share/man/man1/congkhai.1
	install -Dm644 $(BUILD)/man/vi/man1/congkhai.1 $(DESTDIR)$(PREFIX)/share/man/vi/man1/congkhai.1
	install -Dm644 $(BUILD)/completion/congkhai $(DESTDIR)$(PREFIX)/share/bash-completion/completions/congkhai
	for m in $(TRANSLATIONS); do install -Dm644 $$m $(DESTDIR)$(PREFIX)/share/locale/$${m#$(BUILD)/locale/}; done
	mkdir -p $(DESTDIR)$(PREFIX)/share/congkhai/schema
	install -m644 $(BUILD)/schema/*.schema.json $(DESTDIR)$(PREFIX)/share/congkhai/schema/
	install -m755 scripts/verify-ledger $(DESTDIR)$(PREFIX)/share/congkhai/verify-ledger
	cp -R config/. $(DESTDIR)$(PREFIX)/share/congkhai/
	install -m755 service/night-failed $(DESTDIR)$(PREFIX)/share/congkhai/night-failed
	mkdir -p $(DESTDIR)$(PREFIX)/share/doc/congkhai $(DESTDIR)$(SYSTEMD)
	install -m644 $(wildcard *.md) $(wildcard docs/*.md docs/*.yaml docs/*.json) $(DESTDIR)$(PREFIX)/share/doc/congkhai
	mkdir -p $(DESTDIR)$(PREFIX)/share/doc/congkhai/huong-dan
	install -m644 $(wildcard docs/huong-dan/*.md) $(DESTDIR)$(PREFIX)/share/doc/congkhai/huong-dan
	for u in $(UNITS); do sed 's#@PREFIX@#$(PREFIX)#' service/$$u >$(DESTDIR)$(SYSTEMD)/$$u && chmod 644 $(DESTDIR)$(SYSTEMD)/$$u; done
	install -Dm644 service/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/congkhai.conf
	install -Dm644 service/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/congkhai.conf
	install -Dm644 service/default $(DESTDIR)$(SYSCONFDIR)/default/congkhai

clean:
	rm -rf $(BUILD)

.PHONY: all unit-tests fuzz objects test check bench install clean
.SECONDARY:
-include $(OBJECTS:.o=.d) $(SUPPORT_SOURCES:%.c=$(BUILD)/%.d) $(UNIT_TESTS:%.c=$(BUILD)/%.d) $(FUZZERS:%.c=$(BUILD)/%.d)
