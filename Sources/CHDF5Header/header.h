// Nothing: the target stands for the folder of libhdf5's header.
