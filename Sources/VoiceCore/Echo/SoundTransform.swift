/// The Fourier transform of a stretch of sound for whoever measures, outside of the audio path: the
/// spectrum as two lists, real and imaginary.
///
/// A class around `RealFFT`, because Embedded Swift cannot take apart in one module what another one
/// keeps to itself.
package final class SoundTransform {
  package struct Spectrum {
    package var real: [Float]
    package var imaginary: [Float]

    package init(binCount: Int) {
      real = [Float](repeating: 0, count: binCount)
      imaginary = real
    }
  }

  private let fft: RealFFT
  private let sound: FloatMemory
  private let real: FloatMemory
  private let imaginary: FloatMemory

  /// - Parameter size: even, without prime factors above five, 65,536 at most.
  package init(size: Int) {
    precondition(size <= 65_536)
    fft = RealFFT(size: size)
    sound = FloatMemory(count: size)
    real = FloatMemory(count: size / 2 + 1)
    imaginary = FloatMemory(count: size / 2 + 1)
  }

  package var size: Int { fft.size }
  package var binCount: Int { fft.binCount }

  /// - Parameter samples: `size` of them at most; silence follows.
  package func spectrum(of samples: ArraySlice<Float>) -> Spectrum {
    precondition(samples.count <= size)
    sound.clear()
    var place = 0
    for sample in samples {
      sound[place] = sample
      place += 1
    }
    fft.forward(sound.start, real: real.start, imaginary: imaginary.start)
    var spectrum = Spectrum(binCount: binCount)
    for bin in 0..<binCount {
      spectrum.real[bin] = real[bin]
      spectrum.imaginary[bin] = imaginary[bin]
    }
    return spectrum
  }

  package func sound(of spectrum: borrowing Spectrum) -> [Float] {
    precondition(spectrum.real.count == binCount)
    for bin in 0..<binCount {
      real[bin] = spectrum.real[bin]
      imaginary[bin] = spectrum.imaginary[bin]
    }
    fft.inverse(real: real.start, imaginary: imaginary.start, into: sound.start)
    var samples: [Float] = []
    samples.reserveCapacity(size)
    for index in 0..<size { samples.append(sound[index]) }
    return samples
  }
}
