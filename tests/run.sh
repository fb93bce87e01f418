#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one test, whatever it is written in, with a limit on its time.
# make test hands this to prove; BIN says where the tools are.
# SELF_TEST_RUNNER, if any, runs the C tests (an emulator).
case $1 in
*.sh)	exec timeout "${SELF_TEST_SECONDS:-300}" bash "$@" ;;
*.py)	exec timeout "${SELF_TEST_SECONDS:-300}" python3 "$@" ;;
*)	exec timeout "${SELF_TEST_SECONDS:-300}" ${SELF_TEST_RUNNER-} "$@" ;;
esac
