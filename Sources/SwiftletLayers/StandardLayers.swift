extension LayerRegistry {
    /// Every layer of this house, by family.
    package static let standard = LayerRegistry(
        core + attention + convolution + pooling + normalization + activation + regularization
            + reshaping + merging + recurrent + preprocessing + augmentation)

    private static let core: [any Layer.Type] = [
        Input.self, Dense.self, Embedding.self, Masking.self, Identity.self,
        EinsumDense.self, ReversibleEmbedding.self,
    ]
    private static let attention: [any Layer.Type] = [
        MultiHeadAttention.self, GroupQueryAttention.self, Attention.self, AdditiveAttention.self,
    ]
    private static let convolution: [any Layer.Type] = [
        Conv1D.self, Conv2D.self, Conv3D.self, DepthwiseConv1D.self, DepthwiseConv2D.self,
        SeparableConv1D.self, SeparableConv2D.self, Conv1DTranspose.self, Conv2DTranspose.self,
        Conv3DTranspose.self, LocallyConnected1D.self, LocallyConnected2D.self,
    ]
    private static let pooling: [any Layer.Type] = [
        MaxPooling1D.self, MaxPooling2D.self, MaxPooling3D.self, AveragePooling1D.self,
        AveragePooling2D.self, AveragePooling3D.self, GlobalMaxPooling1D.self,
        GlobalMaxPooling2D.self, GlobalMaxPooling3D.self, GlobalAveragePooling1D.self,
        GlobalAveragePooling2D.self, GlobalAveragePooling3D.self, AdaptiveAveragePooling1D.self,
        AdaptiveAveragePooling2D.self, AdaptiveAveragePooling3D.self, AdaptiveMaxPooling1D.self,
        AdaptiveMaxPooling2D.self, AdaptiveMaxPooling3D.self,
    ]
    private static let normalization: [any Layer.Type] = [
        BatchNormalization.self, LayerNormalization.self, GroupNormalization.self,
        RMSNormalization.self, UnitNormalization.self, SpectralNormalization.self, LayerScale.self,
    ]
    private static let activation: [any Layer.Type] = [
        ActivationLayer.self, ReLU.self, LeakyReLU.self, PReLU.self, ELU.self, Softmax.self,
    ]
    private static let regularization: [any Layer.Type] = [
        Dropout.self, SpatialDropout1D.self, SpatialDropout2D.self, SpatialDropout3D.self,
        GaussianNoise.self, GaussianDropout.self, AlphaDropout.self, ActivityRegularization.self,
        StochasticDepth.self,
    ]
    private static let reshaping: [any Layer.Type] = [
        Flatten.self, Reshape.self, Permute.self, RepeatVector.self, ZeroPadding1D.self,
        ZeroPadding2D.self, ZeroPadding3D.self, Cropping1D.self, Cropping2D.self, Cropping3D.self,
        UpSampling1D.self, UpSampling2D.self, UpSampling3D.self,
    ]
    private static let merging: [any Layer.Type] = [
        Add.self, Subtract.self, Multiply.self, Average.self, Maximum.self, Minimum.self,
        Concatenate.self, Dot.self, CustomScaleLayer.self,
    ]
    private static let recurrent: [any Layer.Type] = [
        SimpleRNN.self, LSTM.self, GRU.self, RNN.self, SimpleRNNCell.self, LSTMCell.self,
        GRUCell.self, StackedRNNCells.self, ConvLSTM1D.self, ConvLSTM2D.self, ConvLSTM3D.self,
        Bidirectional.self, TimeDistributed.self,
    ]
    private static let preprocessing: [any Layer.Type] = [
        Rescaling.self, Normalization.self, Resizing.self, CenterCrop.self,
        CategoryEncoding.self, Discretization.self, Hashing.self, HashedCrossing.self,
        IntegerLookup.self, StringLookup.self, TextVectorization.self, MelSpectrogram.self,
        STFTSpectrogram.self, Pipeline.self,
    ]
    private static let augmentation: [any Layer.Type] = [
        AutoContrast.self, MaxNumBoundingBoxes.self, RandomBrightness.self, RandomContrast.self,
        RandomCrop.self, RandomFlip.self, RandomRotation.self, RandomTranslation.self,
        RandomZoom.self, RandomColorDegeneration.self, RandomGrayscale.self, RandomInvert.self,
        RandomPosterization.self, RandomSharpness.self, RandomShear.self, Solarization.self,
        RandomHue.self, RandomSaturation.self, RandomColorJitter.self, RandomPerspective.self,
        RandomGaussianBlur.self, RandomErasing.self, RandomElasticTransform.self,
        RandomSize<HeightAxis>.self, RandomSize<WidthAxis>.self,
        Equalization.self, MixUp.self, CutMix.self, RandAugment.self, AugMix.self,
        ContrastLimitedAdaptiveHistogramEqualization.self,
    ]
}
