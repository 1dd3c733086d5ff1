internal import CKernels

/// Floating-point operations per nanosecond of one thread that does nothing but multiply and add in
/// registers; measured, in some milliseconds.
package func processorPeak() -> Double { sl_peak_flops() * 1e-9 }
