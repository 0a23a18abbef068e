# stressengine - see README.md; `make help` lists the goals.
#
# One binary from src/ and lib/.  Builds with sanitizers are kept apart:
# make SAN=address, make SAN=thread.  Settings of one's own: config.mk.
-include config.mk

PREFIX  ?= /usr/local
SAN     ?=
CC      ?= cc
SHELL   := /bin/bash

# A comma inside $(if ...) splits its arguments, hence two options.
san_address := -fsanitize=address -fsanitize=undefined
san_thread  := -fsanitize=thread
SANFLAGS    := $(san_$(SAN))

BUILD   := build/$(if $(SAN),$(SAN),normal)
BIN     := $(if $(SAN),$(BUILD)/stressengine,stressengine)

# libev has no .pc file in Debian.
PACKAGES := lua5.4 libcurl openssl libpsl libmicrohttpd jansson zlib
pkg_ok   := $(shell command -v pkg-config >/dev/null && \
              pkg-config --exists $(PACKAGES) && echo yes)
ifeq ($(pkg_ok),yes)
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES))
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Werror \
        $(if $(SAN),-Wno-format-truncation -Wno-format-overflow)
OPT  := $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)
CFLAGS  ?= $(OPT) -g
override CFLAGS += -std=gnu11 $(WARN) $(SANFLAGS) -pthread -Isrc $(PKG_CFLAGS)
LDLIBS  := $(PKG_LIBS) -lev -lm -ldl -pthread

SRC  := $(sort $(wildcard src/*.c src/*/*.c))
OBJ  := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/library.o
OBJ  += $(if $(filter thread,$(SAN)),$(BUILD)/tests/san/longjmp.o)
LUA  := $(sort $(shell find lib -name '*.lua' -not -path 'lib/stress/meta/*'))

.PHONY: all help demo check check-all lint bench install clean deps deps-check
.DELETE_ON_ERROR:

all: $(BIN)

help:
	@sed -n 's/^#: //p' Makefile

#: make            build ./stressengine
#: make demo       install what is missing, build, stress the built-in target
#: make check      install what is missing, build, run all tests
#: make check-all  the same with both sanitizers, valgrind and the fuzzers
#: make lint       clang-format, cppcheck, luacheck, layers
#: make bench      measure against other tools
#: make install    PREFIX=/usr/local
#: make SAN=address | SAN=thread   builds of their own, below build/

$(BIN): $(OBJ)
	@echo "  LD  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c | deps-built
	@mkdir -p $(@D)
	@echo "  CC  $<"
	@$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# The Lua library, embedded as bytes.
$(BUILD)/library.c: $(LUA) tools/embed.sh Makefile
	@mkdir -p $(@D)
	tools/embed.sh lib $(LUA) > $@

$(BUILD)/library.o: $(BUILD)/library.c
	@$(CC) $(CFLAGS) -c -o $@ $<

-include $(OBJ:.o=.d)

# Building needs the packages; say so instead of a page of errors.
.PHONY: deps-built
deps-built:
ifneq ($(pkg_ok),yes)
	@tools/packages.sh build --missing || true
	@echo "make: packages are missing; run: make deps" >&2; exit 1
endif

deps:
	@tools/packages.sh build

deps-check:
	@tools/packages.sh build check

# The packages may have come a moment ago, so make reads itself anew.
demo: deps
	@$(MAKE) --no-print-directory -s all
	./stressengine scripts/rapid_ops.lua --profile demo

check: deps-check
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory tests
	@BUILD=$(BUILD) BIN=$(BIN) tests/run.sh

check-all: check
	@tests/run_all.sh

lint: deps-check
	@tests/style/lint.sh

bench: all
	@bench/run.sh

# ---- tests in C ----

TEST_SRC := $(sort $(wildcard tests/unit/test_*.c))
TEST_BIN := $(TEST_SRC:tests/unit/%.c=$(BUILD)/tests/%)
LIB_OBJ  := $(filter-out $(BUILD)/src/main.o $(BUILD)/src/cli/%.o,$(OBJ))
AUX_SRC  := $(sort $(wildcard tests/faults/*.c))
AUX_BIN  := $(AUX_SRC:tests/faults/%.c=$(BUILD)/tests/%)

.PHONY: tests
tests: $(BIN) $(TEST_BIN) $(AUX_BIN)

$(BUILD)/tests/%: tests/unit/%.c $(LIB_OBJ) $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	@echo "  CC  $<"
	@$(CC) $(CFLAGS) -Itests/unit -o $@ $< $(LIB_OBJ) -lcmocka $(LDLIBS)

$(BUILD)/tests/%: tests/faults/%.c
	@mkdir -p $(@D)
	@echo "  CC  $<"
	@$(CC) $(CFLAGS) -o $@ $< -lm -pthread

# ---- installing ----

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/stressengine
	install -m 755 stressengine $(DESTDIR)$(PREFIX)/bin/stressengine
	install -m 644 docs/stressengine.1 \
	  $(DESTDIR)$(PREFIX)/share/man/man1/stressengine.1
	cp -r scripts examples lib/stress/meta \
	  $(DESTDIR)$(PREFIX)/share/stressengine/

clean:
	rm -rf build stressengine
