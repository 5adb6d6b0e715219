internal import Linux

/// Tells when the network may have come up: a cable, a Wi-Fi, an address. Several pieces of such news
/// in a row are one, and there is no more than one in `leastGap`, so whoever connects at each of them
/// is bounded too.
public final class NetworkWatch {
  /// News comes in bursts: the carrier, then one address, then the other.
  static let settleMilliseconds: Int64 = 300
  static let leastGapMilliseconds: Int64 = 2_000

  private let news: NetworkNews
  private let loop: EventLoop
  private let onUp: () -> Void
  private var watch: Watch?
  private var pending: Alarm?
  private var nextAt: Int64 = 0

  /// Throws where the kernel does not tell, as in some sandboxes; everything works without, only
  /// later.
  public init(on loop: EventLoop, onUp: @escaping () -> Void) throws(Unheard) {
    do throws(LinuxError) { news = try NetworkNews.open() } catch {
      throw Unheard(description: error.description)
    }
    self.loop = loop
    self.onUp = onUp
    do throws(LinkError) {
      watch = try loop.watch(news.number) { [unowned(unsafe) self] in heard() }
    } catch {
      throw Unheard(description: error.description)
    }
  }

  /// What is missing, for the log.
  public struct Unheard: Error, CustomStringConvertible {
    public let description: String
  }

  deinit { if let watch { loop.unwatch(watch) } }

  private func heard() {
    guard news.takeMayBeUp(), pending == nil else { return }
    let now = MonotonicClock.milliseconds()
    let wait = max(NetworkWatch.settleMilliseconds, nextAt - now)
    nextAt = now + wait + NetworkWatch.leastGapMilliseconds
    pending = Alarm(on: loop, afterMilliseconds: wait) { [unowned(unsafe) self] in
      pending = nil
      onUp()
    }
  }
}
