/// A moment, counted in captured samples since the device started. The core's only clock.
///
/// It never stops: without a sound card the audio thread paces silent frames. Nothing in the core
/// asks what time it is, so a recording replays exactly and a test runs as fast as it can.
public struct SampleTime: Equatable, Comparable, Sendable, BitwiseCopyable {
  public let samples: Int64

  public init(samples: Int64) { self.samples = samples }

  public static let start = SampleTime(samples: 0)

  public var milliseconds: Int64 { samples / SampleSpan.samplesPerMillisecond }

  public static func < (left: SampleTime, right: SampleTime) -> Bool {
    left.samples < right.samples
  }
  public static func + (time: SampleTime, span: SampleSpan) -> SampleTime {
    SampleTime(samples: time.samples + span.samples)
  }
  public static func - (time: SampleTime, span: SampleSpan) -> SampleTime {
    SampleTime(samples: time.samples - span.samples)
  }
  public static func - (later: SampleTime, earlier: SampleTime) -> SampleSpan {
    SampleSpan(samples: later.samples - earlier.samples)
  }
}

/// A length of time, counted in samples at 16 kHz.
public struct SampleSpan: Equatable, Comparable, Sendable, BitwiseCopyable {
  public static let samplesPerMillisecond: Int64 = 16

  public let samples: Int64

  public init(samples: Int64) { self.samples = samples }

  public static let zero = SampleSpan(samples: 0)
  public static func milliseconds(_ count: Int64) -> SampleSpan {
    SampleSpan(samples: count * samplesPerMillisecond)
  }
  public static func seconds(_ count: Int64) -> SampleSpan { .milliseconds(count * 1_000) }
  public static func frames(_ count: Int) -> SampleSpan {
    SampleSpan(samples: Int64(count) * Int64(Frame.sampleCount))
  }

  public var milliseconds: Int64 { samples / SampleSpan.samplesPerMillisecond }
  /// Whole frames, rounded up.
  public var frames: Int {
    Int((samples + Int64(Frame.sampleCount) - 1) / Int64(Frame.sampleCount))
  }

  public static func < (left: SampleSpan, right: SampleSpan) -> Bool {
    left.samples < right.samples
  }
  public static func + (left: SampleSpan, right: SampleSpan) -> SampleSpan {
    SampleSpan(samples: left.samples + right.samples)
  }
  public static func - (left: SampleSpan, right: SampleSpan) -> SampleSpan {
    SampleSpan(samples: left.samples - right.samples)
  }
  public static func += (left: inout SampleSpan, right: SampleSpan) { left = left + right }
}
