#!/usr/bin/env bash
# Installs what is missing, builds, checks the format and runs every test. The last line is `N passed, N failed`.
# SLUICE_PRESET chooses the preset to build (default: release); test/sanitize.sh runs this with `asan`.
set -uo pipefail
cd "$(dirname "$0")/.."
export SLUICE_PRESET=${SLUICE_PRESET:-release}
build=build
[ "$SLUICE_PRESET" = release ] || build=build-$SLUICE_PRESET
test/setup.sh || exit 1

passed=0
failed=0
count() { # count NAME COMMAND ...: one test
  local name=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

check_format() {
  git ls-files '*.cpp' '*.h' | xargs clang-format-22 --dry-run --Werror
}
count format check_format
count descriptions python3 test/check-descriptions.py

for suite in sluice-unit-tests sluice-compiler-unit-tests sluice-compare-unit-tests sluice-precision-unit-tests \
  sluice-schedule-unit-tests sluice-cuda-unit-tests sluice-cuda-emulator-tests; do
  "$build/bin/$suite" --gtest_brief=1 --gtest_output="json:$build/$suite.json"
  read -r ok bad < <(python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(r["tests"] - r["failures"] - r["errors"] - r["disabled"], r["failures"] + r["errors"])' "$build/$suite.json" || echo 0 1)
  passed=$((passed + ok))
  failed=$((failed + bad))
done

/usr/lib/llvm-22/bin/lit -v "$build/test" --output="$build/lit.json" --time-tests >"$build/lit.log" 2>&1
sed -n '/^FAIL\|^\*\*\*\*/,$p' "$build/lit.log" | head -400
read -r ok bad < <(python3 -c 'import json, sys
codes = [t["code"] for t in json.load(open(sys.argv[1]))["tests"]]
good = {"PASS", "XFAIL", "FLAKYPASS", "UNSUPPORTED"}
print(sum(c in good for c in codes), sum(c not in good for c in codes))' "$build/lit.json" || echo 0 1)
passed=$((passed + ok))
failed=$((failed + bad))

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
