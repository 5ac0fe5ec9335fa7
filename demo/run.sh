#!/bin/sh
# The main job, end to end, on the embedded dataset: inspect, train until it goes non-finite by itself, replay, report.
# No value is planted: PSPNet with SyncBatchNorm, small batches and a learning rate of 0.05 or 0.02 really gets there.
set -eu
out=${1:-demo-out}
rm -rf "$out"
mkdir -p "$out"
data="--dataset synthetic-mhp --base-size 64 --crop-size 64"
model="--model psp --backbone resnet18 --no-pretrained-base --syncbn --ngpus 1 --device cpu --seed 0"

say() { printf '\n=== %s\n' "$*"; }

# run EXPECTED COMMAND...: show the command, run it, and go on only if it ends with the expected exit code.
run() {
    expected=$1
    shift
    printf '$ %s\n' "$*"
    code=0
    "$@" || code=$?
    if [ "$code" -ne "$expected" ]; then
        echo "demo: expected exit code $expected, got $code" >&2
        exit 1
    fi
}

hunt() {
    say "$2"
    # shellcheck disable=SC2086
    run 3 nanhunt train $data $model --batch-size 2 --workers 0 --no-val --lr "$3" --lr-mode constant --max-iterations 400 \
        --log-interval 4 --save-dir "$out/$1" --json "$out/$1.json"
    dump=$(ls "$out/$1/dumps/"*.h5)
    say "replay: the same iteration from the file alone"
    run 0 nanhunt replay "$dump" --repeat 2 --html "$out/$1.html"
}

say "1. is it the data?"
# shellcheck disable=SC2086
run 0 nanhunt inspect-data $data
hunt loss-only "2. train until the loss is not finite (lr 0.05)" 0.05
hunt poisoned "3. train again, more slowly (lr 0.02): another one, and this one poisons the model" 0.02

say "done"
for name in loss-only poisoned; do
    echo "open in a browser: $out/$name.html    as JSON: $out/$name.json"
done
