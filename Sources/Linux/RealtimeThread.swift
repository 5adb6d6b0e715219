internal import CLinux

/// A thread with a name and, where the system permits it, real-time priority. Joined once.
public struct RealtimeThread: ~Copyable {
  private let handle: pthread_t
  /// False when the system refused: the thread then runs as any other.
  public let isRealtime: Bool

  private final class Body {
    let name: StaticString
    let run: @Sendable () -> Void
    init(name: StaticString, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  private init(owning handle: pthread_t, isRealtime: Bool) {
    self.handle = handle
    self.isRealtime = isRealtime
  }

  /// - Parameter priority: 1 to 99 under SCHED_FIFO; nil for an ordinary thread.
  public static func start(
    name: StaticString, priority: Int32?, run: @escaping @Sendable () -> Void
  ) throws(LinuxError) -> RealtimeThread {
    let body = Unmanaged.passRetained(Body(name: name, run: run))
    var handle = pthread_t()
    if let priority {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      defer { pthread_attr_destroy(&attributes) }
      var parameters = sched_param()
      parameters.sched_priority = priority
      pthread_attr_setinheritsched(&attributes, CInt(PTHREAD_EXPLICIT_SCHED))
      pthread_attr_setschedpolicy(&attributes, SCHED_FIFO)
      pthread_attr_setschedparam(&attributes, &parameters)
      if pthread_create(&handle, &attributes, entry, body.toOpaque()) == 0 {
        return RealtimeThread(owning: handle, isRealtime: true)
      }
    }
    let code = pthread_create(&handle, nil, entry, body.toOpaque())
    guard code == 0 else {
      body.release()
      throw LinuxError("start", "a thread", code: code)
    }
    return RealtimeThread(owning: handle, isRealtime: false)
  }

  private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
    { raw in
      let body = Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue()
      body.name.withUTF8Buffer { text in
        // A StaticString ends with a zero byte.
        text.withMemoryRebound(to: CChar.self) { _ = clinux_name_this_thread($0.baseAddress!) }
      }
      body.run()
      return nil
    }

  public consuming func join() { pthread_join(handle, nil) }
}
