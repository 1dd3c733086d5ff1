/* What this processor could reach at most, to compare with. */
#ifndef SWIFTLET_PEAK_H
#define SWIFTLET_PEAK_H

/* Floating-point operations per second of one thread that does nothing but multiply and add in
 * registers, at the active level; measured, in some milliseconds. */
double sl_peak_flops(void);

#endif
