#!/usr/bin/env bash
# Builds the `asan` preset (AddressSanitizer, UndefinedBehaviorSanitizer, Sluice's own checks, no precompiled header) and
# runs every test under it, compiled programs included. The last line is `N passed, N failed`.
SLUICE_PRESET=asan exec "$(dirname "$0")/run.sh"
