#!/bin/bash
# Trains a model on several nodes: every task of the job takes its rows of every batch.
#
#     export MODEL=model.yaml DATA=train.npz OUTPUT=model.keras OPTIONS="--epochs 30 --batch-size 1024"
#     sbatch --ntasks=8 --cpus-per-task=16 tools/recipes/slurm-train.sh
#
# A job that is killed, preempted or put back in the queue goes on where it stopped. SWIFTLET names the command if it
# is not on the PATH; it must be built with the package trait MPI. MPIRUN may hold options of mpirun.
#SBATCH --job-name=swiftlet-train
#SBATCH --requeue
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=2
#SBATCH --output=slurm-%j.log
set -euo pipefail
: "${MODEL:?}" "${DATA:?}" "${OUTPUT:?where the trained model goes}"
read -r -a options <<<"${OPTIONS:-}"
read -r -a mpirun <<<"mpirun ${MPIRUN:-}"
[ ! -e "$OUTPUT" ] || { echo "$OUTPUT: there already"; exit 0; }
exec "${mpirun[@]}" -n "${SLURM_NTASKS:?}" "${SWIFTLET:-swiftlet}" train "$MODEL" --data "$DATA" \
    --output "$OUTPUT" --resume --threads "${SLURM_CPUS_PER_TASK:-1}" ${options[@]+"${options[@]}"}
