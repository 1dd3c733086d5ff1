/* Alignments of a series with a shorter sequence of labels. */
#ifndef SWIFTLET_ALIGNMENT_H
#define SWIFTLET_ALIGNMENT_H

#include <stddef.h>

/* Doubles of scratch that sl_ctc needs. */
size_t sl_ctc_scratch(size_t steps, size_t most_labels);

/* −ln of the probability of all paths through `logits` [steps, classes] that say the first
 * `label_count` of `labels` [most_labels], each below `classes`; class 0 is the blank. Into
 * `gradient`, of the logits' shape, its derivative. Where no path exists, a start or an end in the
 * wrong place costs −ln 1e-307, as in TensorFlow. */
float sl_ctc(const float *logits, const size_t *labels, size_t steps, size_t classes,
             size_t label_count, size_t most_labels, double *scratch, float *gradient);

#endif
