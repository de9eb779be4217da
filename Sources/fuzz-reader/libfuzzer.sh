#!/usr/bin/env bash
# Has libFuzzer feed the reader with what it makes of small fixtures, under AddressSanitizer.
#
# libhdf5 1.10 crashes on some damaged files, so a crash ends only one of libFuzzer's processes. Afterwards each crash is run
# again alone, and the innermost frame that is libhdf5's or focalcheck's says whose it is. One of focalcheck's own is an error,
# and so is one that cannot be told.
#
# Usage: libfuzzer.sh SECONDS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:?how many seconds}
swift=${SWIFT:-swift}
folder=.build/libfuzzer
resources=$("$swift" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
shopt -s nullglob
runtime=("$resources"/clang/lib/*/libclang_rt.fuzzer*)
if [ ${#runtime[@]} -eq 0 ]; then
  echo "This toolchain has no libFuzzer: nothing was run."
  exit 0
fi

"$swift" build -q -c release --product fuzz
"$swift" build -q -c release --product fuzz-reader --scratch-path "$folder" -Xswiftc -sanitize=fuzzer,address -Xswiftc -DFUZZING \
  -Xswiftc -use-ld=lld
reader=$("$swift" build -c release --show-bin-path --scratch-path "$folder")/fuzz-reader

seeds=$folder/seeds corpus=$folder/corpus crashes=$folder/crashes
rm -rf "$seeds" "$crashes"
mkdir -p "$seeds" "$corpus" "$crashes"
.build/release/fuzz - --seeds "$seeds"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 SWIFT_BACKTRACE=enable=no
# Some files make libhdf5 hang or take all memory; that is what a worker's limits are for.
# libFuzzer then ends with the status of its last process, so its last words tell whether it ran to the end.
"$reader" -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 -timeout=5 -rss_limit_mb=2048 \
  -max_len=65536 -max_total_time="$seconds" -seed=1 -artifact_prefix="$crashes/" "$corpus" "$seeds" \
  >"$folder/log" 2>&1 || true
grep -q '^INFO: exiting: ' "$folder/log" || { tail -n 20 "$folder/log"; exit 1; }
grep -E '^#[0-9]+: cov' "$folder/log" | tail -n 1

library=0 own=0
for crash in "$crashes"/crash-*; do
  report=$("$reader" -runs=1 -timeout=30 "$crash" 2>&1) && continue
  frame=$(grep -E '^ +#[0-9]+ ' <<<"$report" | grep -m 1 -E 'libhdf5|\$s|Sources/' || true)
  if [[ $frame == *libhdf5* ]]; then
    library=$((library + 1))
  else
    own=$((own + 1))
    echo "$crash: ${frame:-no frame of libhdf5}"
  fi
done
others=("$crashes"/timeout-* "$crashes"/oom-*)
echo "crashes inside libhdf5: $library; others: $own; files that take too long or too much: ${#others[@]}"
[ "$own" -eq 0 ]
