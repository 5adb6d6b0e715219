/// The discrete Fourier transform of real sound, both ways, of an even length without prime factors
/// above five.
///
/// A transform of half the length in complex numbers, sorted as it goes (Stockham's way), its real
/// and imaginary parts apart so that the loops are vectors.
struct RealFFT: ~Copyable {
  /// Samples in, `size / 2 + 1` bins out.
  let size: Int
  var binCount: Int { half + 1 }

  private let half: Int
  private let stages: FixedList
  /// For each stage and butterfly its turns, cosines and sines apart.
  private let turnCosines: FloatMemory
  private let turnSines: FloatMemory
  /// What separates the two interleaved halves of a real signal.
  private let splitCosines: FloatMemory
  private let splitSines: FloatMemory
  private let real: FloatMemory
  private let imaginary: FloatMemory
  private let otherReal: FloatMemory
  private let otherImaginary: FloatMemory

  /// Up to eight radices: enough for any length that fits in memory here.
  private struct FixedList {
    var radices = InlineArray<8, Int>(repeating: 1)
    var count = 0
  }

  init(size: Int) {
    precondition(size >= 4 && size % 2 == 0)
    self.size = size
    half = size / 2
    var stages = FixedList()
    var rest = half
    // Fours first: from the second stage on the vectors are full.
    for radix in [4, 5, 3, 2] {
      while rest % radix == 0 {
        stages.radices[stages.count] = radix
        stages.count += 1
        rest /= radix
      }
    }
    precondition(rest == 1, "a length with a prime factor above five")
    self.stages = stages
    turnCosines = FloatMemory(count: 2 * half)
    turnSines = FloatMemory(count: 2 * half)
    splitCosines = FloatMemory(count: half + 1)
    splitSines = FloatMemory(count: half + 1)
    real = FloatMemory(count: half + 1)
    imaginary = FloatMemory(count: half + 1)
    otherReal = FloatMemory(count: half + 1)
    otherImaginary = FloatMemory(count: half + 1)
    var length = half
    var place = 0
    for stage in 0..<stages.count {
      let radix = stages.radices[stage]
      for butterfly in 0..<(length / radix) {
        for branch in 1..<radix {
          let turn = Turn.of(Double(butterfly * branch) / Double(length))
          turnCosines[place] = Float(turn.cosine)
          turnSines[place] = Float(-turn.sine)
          place += 1
        }
      }
      length /= radix
    }
    for bin in 0...half {
      let turn = Turn.of(Double(bin) / Double(size))
      splitCosines[bin] = Float(turn.cosine)
      splitSines[bin] = Float(turn.sine)
    }
  }

  /// - Parameter sound: `size` samples.
  func forward(
    _ sound: UnsafeMutablePointer<Float>, real outReal: UnsafeMutablePointer<Float>,
    imaginary outImaginary: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<half {
      real[index] = sound[2 * index]
      imaginary[index] = sound[2 * index + 1]
    }
    let (re, im) = transform(
      real.start, imaginary.start, otherReal.start, otherImaginary.start)
    outReal[0] = re[0] + im[0]
    outImaginary[0] = 0
    outReal[half] = re[0] - im[0]
    outImaginary[half] = 0
    for bin in 1..<half {
      let mirror = half - bin
      let evenReal = 0.5 * (re[bin] + re[mirror])
      let evenImaginary = 0.5 * (im[bin] - im[mirror])
      let oddReal = 0.5 * (im[bin] + im[mirror])
      let oddImaginary = 0.5 * (re[mirror] - re[bin])
      let cosine = splitCosines.start[bin]
      let sine = splitSines.start[bin]
      outReal[bin] = evenReal + cosine * oddReal + sine * oddImaginary
      outImaginary[bin] = evenImaginary + cosine * oddImaginary - sine * oddReal
    }
  }

  /// The way back; forward and back again is what it was.
  func inverse(
    real inReal: UnsafeMutablePointer<Float>, imaginary inImaginary: UnsafeMutablePointer<Float>,
    into sound: UnsafeMutablePointer<Float>
  ) {
    let scale = 1 / Float(size)
    for bin in 0..<half {
      let mirror = half - bin
      let evenReal = inReal[bin] + inReal[mirror]
      let evenImaginary = inImaginary[bin] - inImaginary[mirror]
      let differenceReal = inReal[bin] - inReal[mirror]
      let differenceImaginary = inImaginary[bin] + inImaginary[mirror]
      let cosine = splitCosines.start[bin]
      let sine = splitSines.start[bin]
      let oddReal = cosine * differenceReal - sine * differenceImaginary
      let oddImaginary = cosine * differenceImaginary + sine * differenceReal
      real[bin] = evenReal - oddImaginary
      imaginary[bin] = evenImaginary + oddReal
    }
    // The way back is the way there with the parts exchanged.
    let (im, re) = transform(
      imaginary.start, real.start, otherImaginary.start, otherReal.start)
    for index in 0..<half {
      sound[2 * index] = re[index] * scale
      sound[2 * index + 1] = im[index] * scale
    }
  }

  /// - Returns: where the result is: each stage goes from one pair to the other.
  private func transform(
    _ real: UnsafeMutablePointer<Float>, _ imaginary: UnsafeMutablePointer<Float>,
    _ otherReal: UnsafeMutablePointer<Float>, _ otherImaginary: UnsafeMutablePointer<Float>
  ) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
    var from = (real, imaginary)
    var to = (otherReal, otherImaginary)
    var length = half
    var stride = 1
    var place = 0
    for stage in 0..<stages.count {
      let radix = stages.radices[stage]
      let butterflies = length / radix
      let pass = Pass(
        real: from.0, imaginary: from.1, outReal: to.0, outImaginary: to.1,
        cosines: turnCosines.start + place, sines: turnSines.start + place,
        butterflies: butterflies, stride: stride)
      switch radix {
      case 4: pass.fours()
      case 5: pass.fives()
      case 3: pass.threes()
      default: pass.twos()
      }
      place += butterflies * (radix - 1)
      length = butterflies
      stride *= radix
      swap(&from, &to)
    }
    return from
  }
}

/// One stage of a transform.
private struct Pass {
  let real: UnsafeMutablePointer<Float>
  let imaginary: UnsafeMutablePointer<Float>
  let outReal: UnsafeMutablePointer<Float>
  let outImaginary: UnsafeMutablePointer<Float>
  let cosines: UnsafeMutablePointer<Float>
  let sines: UnsafeMutablePointer<Float>
  let butterflies: Int
  let stride: Int

  // A stride that is no multiple of the vector's width is done one number at a time, in the first
  // lane: only the first stage of our lengths is.

  @inline(__always)
  private func each(_ body: (_ butterfly: Int, _ offset: Int, _ isWhole: Bool) -> Void) {
    if stride % 4 == 0 {
      for butterfly in 0..<butterflies {
        var offset = 0
        while offset < stride {
          body(butterfly, offset, true)
          offset += 4
        }
      }
    } else {
      for butterfly in 0..<butterflies {
        for offset in 0..<stride { body(butterfly, offset, false) }
      }
    }
  }

  @inline(__always)
  private func load(_ index: Int, _ isWhole: Bool) -> Number {
    isWhole
      ? Number(real: real.vector(index), imaginary: imaginary.vector(index))
      : Number(
        real: Vector(real[index], 0, 0, 0), imaginary: Vector(imaginary[index], 0, 0, 0))
  }

  @inline(__always)
  private func store(_ number: Number, _ index: Int, _ isWhole: Bool) {
    if isWhole {
      outReal.store(number.real, at: index)
      outImaginary.store(number.imaginary, at: index)
    } else {
      outReal[index] = number.real[0]
      outImaginary[index] = number.imaginary[0]
    }
  }

  @inline(__always)
  private func turned(_ number: Number, _ place: Int) -> Number {
    let cosine = cosines[place]
    let sine = sines[place]
    return Number(
      real: number.real * cosine - number.imaginary * sine,
      imaginary: number.real * sine + number.imaginary * cosine)
  }

  func twos() {
    let apart = stride * butterflies
    each { butterfly, offset, isWhole in
      let from = offset + stride * butterfly
      let to = offset + stride * 2 * butterfly
      let a = load(from, isWhole)
      let b = load(from + apart, isWhole)
      store(a + b, to, isWhole)
      store(turned(a - b, butterfly), to + stride, isWhole)
    }
  }

  func threes() {
    let apart = stride * butterflies
    let half = Float(0.866_025_403_784_438_6)
    each { butterfly, offset, isWhole in
      let from = offset + stride * butterfly
      let to = offset + stride * 3 * butterfly
      let a = load(from, isWhole)
      let b = load(from + apart, isWhole)
      let c = load(from + 2 * apart, isWhole)
      let sum = b + c
      let middle = a - sum * 0.5
      let side = (b - c).backward * half
      store(a + sum, to, isWhole)
      store(turned(middle + side, 2 * butterfly), to + stride, isWhole)
      store(turned(middle - side, 2 * butterfly + 1), to + 2 * stride, isWhole)
    }
  }

  /// The first stage: here it is the butterflies that lie side by side, so four are done at once,
  /// and their results change rows for columns on the way out.
  func firstFours() {
    var butterfly = 0
    while butterfly < butterflies {
      let a = load(butterfly, true)
      let b = load(butterfly + butterflies, true)
      let c = load(butterfly + 2 * butterflies, true)
      let d = load(butterfly + 3 * butterflies, true)
      let even = a + c
      let evenApart = a - c
      let odd = b + d
      let oddApart = (b - d).backward
      scatter(
        even + odd, sideBySide(evenApart + oddApart, butterfly, 0),
        sideBySide(even - odd, butterfly, 1), sideBySide(evenApart - oddApart, butterfly, 2),
        to: 4 * butterfly)
      butterfly += 4
    }
  }

  /// Four butterflies' numbers, each turned by its own angle.
  @inline(__always)
  private func sideBySide(_ number: Number, _ butterfly: Int, _ branch: Int) -> Number {
    let place = 3 * butterfly + branch
    let cosine = Vector(
      cosines[place], cosines[place + 3], cosines[place + 6], cosines[place + 9])
    let sine = Vector(sines[place], sines[place + 3], sines[place + 6], sines[place + 9])
    return Number(
      real: number.real * cosine - number.imaginary * sine,
      imaginary: number.real * sine + number.imaginary * cosine)
  }

  @inline(__always)
  private func scatter(_ a: Number, _ b: Number, _ c: Number, _ d: Number, to: Int) {
    for lane in 0..<4 {
      outReal.store(
        Vector(a.real[lane], b.real[lane], c.real[lane], d.real[lane]), at: to + 4 * lane)
      outImaginary.store(
        Vector(a.imaginary[lane], b.imaginary[lane], c.imaginary[lane], d.imaginary[lane]),
        at: to + 4 * lane)
    }
  }

  func fours() {
    if stride == 1 && butterflies % 4 == 0 { return firstFours() }
    let apart = stride * butterflies
    each { butterfly, offset, isWhole in
      let from = offset + stride * butterfly
      let to = offset + stride * 4 * butterfly
      let a = load(from, isWhole)
      let b = load(from + apart, isWhole)
      let c = load(from + 2 * apart, isWhole)
      let d = load(from + 3 * apart, isWhole)
      let even = a + c
      let evenApart = a - c
      let odd = b + d
      let oddApart = (b - d).backward
      store(even + odd, to, isWhole)
      store(turned(evenApart + oddApart, 3 * butterfly), to + stride, isWhole)
      store(turned(even - odd, 3 * butterfly + 1), to + 2 * stride, isWhole)
      store(turned(evenApart - oddApart, 3 * butterfly + 2), to + 3 * stride, isWhole)
    }
  }

  func fives() {
    let apart = stride * butterflies
    let cosine1 = Float(0.309_016_994_374_947_45)
    let cosine2 = Float(-0.809_016_994_374_947_4)
    let sine1 = Float(0.951_056_516_295_153_5)
    let sine2 = Float(0.587_785_252_292_473_1)
    each { butterfly, offset, isWhole in
      let from = offset + stride * butterfly
      let to = offset + stride * 5 * butterfly
      let a = load(from, isWhole)
      let b = load(from + apart, isWhole)
      let c = load(from + 2 * apart, isWhole)
      let d = load(from + 3 * apart, isWhole)
      let e = load(from + 4 * apart, isWhole)
      let outer = b + e
      let inner = c + d
      let outerApart = (b - e).backward
      let innerApart = (c - d).backward
      let near = a + outer * cosine1 + inner * cosine2
      let far = a + outer * cosine2 + inner * cosine1
      let nearSide = outerApart * sine1 + innerApart * sine2
      let farSide = outerApart * sine2 - innerApart * sine1
      store(a + outer + inner, to, isWhole)
      store(turned(near + nearSide, 4 * butterfly), to + stride, isWhole)
      store(turned(far + farSide, 4 * butterfly + 1), to + 2 * stride, isWhole)
      store(turned(far - farSide, 4 * butterfly + 2), to + 3 * stride, isWhole)
      store(turned(near - nearSide, 4 * butterfly + 3), to + 4 * stride, isWhole)
    }
  }
}

/// Four complex numbers.
private struct Number {
  var real: Vector
  var imaginary: Vector

  @inline(__always)
  static func + (left: Number, right: Number) -> Number {
    Number(real: left.real + right.real, imaginary: left.imaginary + right.imaginary)
  }
  @inline(__always)
  static func - (left: Number, right: Number) -> Number {
    Number(real: left.real - right.real, imaginary: left.imaginary - right.imaginary)
  }
  @inline(__always)
  static func * (left: Number, right: Float) -> Number {
    Number(real: left.real * right, imaginary: left.imaginary * right)
  }
  /// A quarter turn backward: times -i.
  @inline(__always)
  var backward: Number { Number(real: imaginary, imaginary: -real) }
}

/// Cosine and sine of a part of a full turn. The core has no mathematics library, and the same
/// digits come out on every machine.
package enum Turn {
  package static func of(_ fraction: Double) -> (cosine: Double, sine: Double) {
    // Into the first quarter of a quarter: there the series needs few terms.
    let turns = fraction - fraction.rounded(.down)
    let quarter = (turns * 4).rounded()
    let angle = (turns - quarter / 4) * 2 * .pi
    let square = angle * angle
    var cosine = 1.0
    var sine = angle
    var cosineTerm = 1.0
    var sineTerm = angle
    for step in 1...9 {
      let even = Double(2 * step)
      cosineTerm *= -square / (even * (even - 1))
      sineTerm *= -square / (even * (even + 1))
      cosine += cosineTerm
      sine += sineTerm
    }
    switch Int(quarter) % 4 {
    case 0: return (cosine, sine)
    case 1: return (-sine, cosine)
    case 2: return (-cosine, -sine)
    default: return (sine, -cosine)
    }
  }
}
