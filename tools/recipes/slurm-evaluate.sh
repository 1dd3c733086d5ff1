#!/bin/bash
# Scores a Keras model on a test set, in shards, as an array of Slurm jobs.
#
#     export MODEL=model.keras DATA=test.h5 TASK=classification SHARDS=16 WORK=parts SCORES=scores.json
#     parts=$(sbatch --parsable --array=1-$SHARDS tools/recipes/slurm-evaluate.sh)
#     sbatch --dependency=afterok:$parts tools/recipes/slurm-evaluate.sh
#
# The first sbatch asks the model, one task per shard; the second scores all parts together once every task
# has succeeded. A task that is killed, preempted or put back in the queue goes on where it stopped; sending
# the same lines again (or --array=3,7 alone) computes only the parts that are missing. SWIFTLET names the
# command if it is not on the PATH; OPTIONS holds further options of `swiftlet evaluate`.
#SBATCH --job-name=swiftlet-evaluate
#SBATCH --requeue
#SBATCH --cpus-per-task=2
#SBATCH --output=slurm-%A_%a.log
set -euo pipefail
: "${MODEL:?}" "${DATA:?}" "${TASK:?}" "${SHARDS:?the number of shards}" "${WORK:?}"
swiftlet=${SWIFTLET:-swiftlet}
read -r -a options <<<"${OPTIONS:-}"
mkdir -p "$WORK"

part() { echo "$WORK/part-$1-of-$2.h5"; }

if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    part=$(part "$SLURM_ARRAY_TASK_ID" "$SHARDS")
    [ ! -e "$part" ] || { echo "$part: there already"; exit 0; }
    exec "$swiftlet" evaluate "$MODEL" --data "$DATA" --task "$TASK" \
        --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" --state "$part" --resume \
        --threads "${SLURM_CPUS_PER_TASK:-1}" ${options[@]+"${options[@]}"}
fi

: "${SCORES:?where the scores go}"
parts=()
for k in $(seq "$SHARDS"); do parts+=("$(part "$k" "$SHARDS")"); done
exec "$swiftlet" merge "${parts[@]}" --json "$SCORES"
