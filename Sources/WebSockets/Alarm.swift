internal import CWebSockets

/// Calls once, after a while, unless cancelled. For edges that keep time themselves; the core counts
/// samples.
public final class Alarm {
  private let raw: UnsafeMutablePointer<cwebsockets_alarm>
  private let loop: EventLoop
  private var action: (() -> Void)?

  public init(
    on loop: EventLoop, afterMilliseconds delay: Int64, action: @escaping () -> Void
  ) {
    self.loop = loop
    self.action = action
    raw = .allocate(capacity: 1)
    raw.initialize(to: cwebsockets_alarm())
    raw.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
    // A hundred days are as good as never, and still fit lws's microseconds.
    let microseconds = max(0, min(delay, 8_640_000_000)) * 1_000
    lws_sul_schedule(loop.context, 0, &raw.pointee.sul, Alarm.fired, microseconds)
  }

  deinit {
    cancel()
    raw.deallocate()
  }

  public func cancel() {
    action = nil
    lws_sul_schedule(
      loop.context, 0, &raw.pointee.sul, Alarm.fired, lws_usec_t(LWS_SET_TIMER_USEC_CANCEL))
  }

  private static let fired: @convention(c) (UnsafeMutablePointer<lws_sorted_usec_list_t>?) -> Void =
    {
      sul in
      guard let sul else { return }
      let raw = UnsafeMutableRawPointer(sul).assumingMemoryBound(to: cwebsockets_alarm.self)
      let alarm = Unmanaged<Alarm>.fromOpaque(raw.pointee.owner).takeUnretainedValue()
      // Outside of lws's call, where the action may do anything, even free the alarm. Until then it may
      // still be cancelled.
      alarm.loop.later {
        let action = alarm.action
        alarm.action = nil
        action?()
      }
    }
}
