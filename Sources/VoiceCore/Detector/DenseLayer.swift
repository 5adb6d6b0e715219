/// A matrix and a bias, laid out so that eight sums grow side by side.
///
/// Rows are cut into blocks of 16; in a block the weights of one input stand together, so that each
/// input is fetched once and all else is a straight run through memory.
struct DenseLayer: ~Copyable {
  static let block = 16

  let inputs: Int
  let outputs: Int
  private let weights: FloatMemory
  private let bias: FloatMemory

  /// - Parameter outputs: a multiple of 8.
  init(inputs: Int, outputs: Int, from reader: inout WeightReader) {
    precondition(outputs % 8 == 0)
    self.inputs = inputs
    self.outputs = outputs
    let blocks = (outputs + DenseLayer.block - 1) / DenseLayer.block
    weights = FloatMemory(count: blocks * inputs * DenseLayer.block)
    bias = FloatMemory(count: blocks * DenseLayer.block)
    for row in 0..<outputs {
      let scale = reader.fine()
      bias[row] = reader.fine()
      let start = row / DenseLayer.block * inputs * DenseLayer.block + row % DenseLayer.block
      for input in 0..<inputs {
        weights[start + input * DenseLayer.block] = reader.weight(scale: scale)
      }
    }
  }

  /// Sums are in the order of the inputs, without fused steps: the same bits on every machine.
  func apply(
    to input: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
  ) {
    var start = 0
    while start < outputs {
      let column = weights.start + start * inputs
      var a = bias.start.eight(start)
      var b = bias.start.eight(start + 8)
      var index = 0
      while index < inputs {
        let value = input[index]
        let place = index * DenseLayer.block
        a += column.eight(place) * value
        b += column.eight(place + 8) * value
        index += 1
      }
      output.store(a, at: start)
      if start + 8 < outputs { output.store(b, at: start + 8) }
      start += DenseLayer.block
    }
  }
}

typealias WideVector = SIMD8<Float>

extension UnsafeMutablePointer<Float> {
  @inline(__always)
  func eight(_ index: Int) -> WideVector {
    UnsafeRawPointer(self + index).loadUnaligned(as: WideVector.self)
  }

  @inline(__always)
  func store(_ vector: WideVector, at index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: vector, as: WideVector.self)
  }
}

/// Curves that keep numbers in bounds. The core links no mathematics, and these are the same on
/// every machine.
enum Squash {
  /// The hyperbolic tangent to six digits, by its continued fraction.
  @inline(__always)
  static func tanh(_ value: WideVector) -> WideVector {
    let x = bounded(value, by: 4.9)
    let square = x * x
    let above = x * (135_135 + square * (17_325 + square * (378 + square)))
    let below = 135_135 + square * (62_370 + square * (3_150 + square * 28))
    return above / below
  }

  /// Number by number: the library's own clamping of a vector is a call for each of them.
  @inline(__always)
  static func bounded(_ value: WideVector, by most: Float) -> WideVector {
    var result = value
    for lane in 0..<WideVector.scalarCount { result[lane] = max(-most, min(most, value[lane])) }
    return result
  }

  @inline(__always)
  static func sigmoid(_ value: WideVector) -> WideVector {
    tanh(value * 0.5) * 0.5 + 0.5
  }
}
