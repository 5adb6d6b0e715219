internal import CLinux

/// How one thread tells another that there is something to look at: an eventfd. `signal` neither
/// waits nor allocates, so the audio thread may call it.
public struct Wakeup: ~Copyable, Sendable {
  private let event: FileDescriptor
  public var number: Int32 { event.number }

  private init(owning event: consuming FileDescriptor) { self.event = event }

  public static func open() throws(LinuxError) -> Wakeup {
    let number = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
    guard number >= 0 else { throw .last("open", "an event") }
    return Wakeup(owning: FileDescriptor(owning: number))
  }

  public func signal() { eventfd_write(event.number, 1) }

  /// Takes all signals so far at once.
  public func clear() {
    var count: eventfd_t = 0
    eventfd_read(event.number, &count)
  }
}

/// SIGHUP as something to read: the wish that files are read again.
public final class ReloadSignal {
  private let descriptor: FileDescriptor
  public var number: Int32 { descriptor.number }

  private init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Must be called before any thread is started, as for `StopSignals`.
  public static func open() throws(LinuxError) -> ReloadSignal {
    ReloadSignal(owning: try FileDescriptor(ofSignals: SIGHUP, SIGHUP))
  }

  /// However often it came.
  public func clear() {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while read(descriptor.number, &information, size) == size {}
  }
}

/// SIGTERM and SIGINT as something to read, instead of code that runs in the middle of other code.
public struct StopSignals: ~Copyable {
  private let descriptor: FileDescriptor
  public var number: Int32 { descriptor.number }

  private init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Must be called before any thread is started, so that all of them leave the signals alone.
  public static func open() throws(LinuxError) -> StopSignals {
    StopSignals(owning: try FileDescriptor(ofSignals: SIGTERM, SIGINT))
  }

  /// The name of the signal that arrived, or nil.
  public func next() -> String? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard read(descriptor.number, &information, size) == size else { return nil }
    return information.ssi_signo == UInt32(SIGINT) ? "SIGINT" : "SIGTERM"
  }
}

extension FileDescriptor {
  /// Both arrive here from now on, and nowhere else.
  fileprivate init(ofSignals one: CInt, _ other: CInt) throws(LinuxError) {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, one)
    sigaddset(&signals, other)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let number = signalfd(-1, &signals, CInt(SFD_NONBLOCK) | CInt(SFD_CLOEXEC))
    guard number >= 0 else { throw .last("open", "a signal descriptor") }
    self.init(owning: number)
  }
}
