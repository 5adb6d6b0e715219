internal import SoundPath
internal import SpeexDSP
internal import VoiceCore

/// One channel of what a card captures, on its way to frames of ours.
final class CapturedChannel {
  /// Frames that may wait: what a card hands over at once is less.
  private static let longestQueue = 16

  private let shape: CardShape
  private let channel: Int
  private let except: Int
  private var converter: RateConverter?
  private var queue = NumberQueue(capacity: longestQueue * Frame.sampleCount)
  private let numbers: UnsafeMutableBufferPointer<Float>
  private let converted: UnsafeMutableBufferPointer<Float>

  /// - Parameters:
  ///   - channel: 1 is the first; 0 is the mean of all but `except`.
  ///   - blockSize: the most samples of each channel that `take` is given.
  init(_ shape: CardShape, channel: Int, except: Int = 0, blockSize: Int) {
    self.shape = shape
    self.channel = channel
    self.except = except
    if shape.rate != Frame.sampleRate {
      converter = RateConverter.open(from: shape.rate, to: Frame.sampleRate)
    }
    numbers = .allocate(capacity: blockSize)
    numbers.initialize(repeating: 0)
    // A sample more than the ratio says is what a fraction can come to.
    let most = blockSize * Frame.sampleRate / shape.rate + 2
    converted = .allocate(capacity: most)
    converted.initialize(repeating: 0)
  }
  deinit {
    numbers.deallocate()
    converted.deallocate()
  }

  var waiting: Int { queue.count }

  func take(_ bytes: UnsafeRawBufferPointer, frameCount: Int) {
    let start = numbers.baseAddress!
    Interleaving.read(
      bytes, shape, frameCount: frameCount, channel: channel, except: except, into: start)
    if converter == nil {
      queue.push(start, count: frameCount)
    } else {
      let made = converter!.convert(start, count: frameCount, into: converted)
      queue.push(converted.baseAddress!, count: made)
    }
  }

  func pop(_ frame: inout Frame) -> Bool { queue.pop(&frame) }
}
