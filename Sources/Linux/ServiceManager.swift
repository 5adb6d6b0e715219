/// What systemd is told: sd_notify(3) without the library. Quiet when nobody asked.
public enum ServiceManager {
  public static func ready(status: String) { tell("READY=1\nSTATUS=\(status)") }
  public static func stopping() { tell("STOPPING=1") }
  public static func watchdog() { tell("WATCHDOG=1") }

  /// How often systemd wants to hear from us, or nil when it does not watch.
  public static var watchdogMicroseconds: Int64? {
    Process.environment("WATCHDOG_USEC").flatMap { Int64($0) }
  }

  private static func tell(_ message: String) {
    guard let path = Process.environment("NOTIFY_SOCKET") else { return }
    do throws(LinuxError) { try UnixSocket.send(message, to: path) } catch {
      Log.warning("service manager not reached reason=\(Log.quoted(error.description))")
    }
  }
}
