#!/usr/bin/env bash
# Builds the solution and runs every test project, a few at a time. Ends with the line "N passed, N failed".
# A project that crashed, hung or ran no test counts as a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=$PWD/artifacts/tests
limit=20m

# run_project PROJECT_FILE: prints the project's result, and its output if that is not all good.
run_project() {
  local assembly status=0 passed=0 failed=0 report program began=$SECONDS
  assembly=$(basename "$1" .csproj)
  report=$results/$assembly
  program=$(dirname "$1")/bin/Debug/net10.0/$assembly
  timeout --kill-after=10s "$limit" "$program" -noColor -noLogo -result-xml "$report.xml" </dev/null >"$report.log" 2>&1 || status=$?
  if [ -f "$report.xml" ]; then
    # The counts of the one assembly in it; an error is a failure outside of a test.
    read -r passed failed < <(
      grep -o '<assembly [^>]*>' "$report.xml" | tr ' ' '\n' |
        awk -F '"' '$1 == "passed=" { p = $2 } $1 == "failed=" || $1 == "errors=" { f += $2 } END { print p + 0, f + 0 }'
    )
  fi
  if [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ]; }; then
    failed=1
    echo "$assembly ran $passed tests and ended with exit code $status." >>"$report.log"
  fi
  [ "$failed" = 0 ] || cat "$report.log"
  echo "$passed $failed" >"$report.count"
  printf '%-32s %5d passed, %d failed, %d s\n' "$assembly" "$passed" "$failed" $((SECONDS - began))
}
export -f run_project
export results limit

hack/controlplane/build.sh --quiet
dotnet build OmniScale.sln --nologo --verbosity quiet
rm -rf "$results"
mkdir -p "$results"
# Every project in tests/ but the library that they share. The one that measures how fast all settles after an outage runs alone.
mapfile -t projects < <(find tests -name '*.csproj' ! -name OmniScale.TestKit.csproj | sort)
run() { grep "$@" | xargs -P "$(nproc)" -I {} "$BASH" -euo pipefail -c 'run_project {}'; }
printf '%s\n' "${projects[@]}" | run -v EndToEnd
printf '%s\n' "${projects[@]}" | run EndToEnd

cat "$results"/*.count | awk -v expected="${#projects[@]}" '
  { passed += $1; failed += $2 }
  END {
    if (NR < expected) failed += expected - NR
    printf "%d passed, %d failed\n", passed, failed
    exit !(passed > 0 && failed == 0)
  }'
