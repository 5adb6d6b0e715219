internal import CLinux

/// Says that something in a folder came, went or changed its permissions, so that nobody has to look
/// again and again. Waits for the folder itself where it is missing.
public struct FolderNews: ~Copyable {
  private let news: FileDescriptor
  private let folder: String
  private let above: String
  private var watched: Int32 = -1
  private var watchedAbove: Int32 = -1
  public var number: Int32 { news.number }

  /// Enough for a hundred events; what more there are is read in another round.
  private static let room = 4_096

  private init(owning news: consuming FileDescriptor, folder: String) {
    self.news = news
    self.folder = folder
    let bytes = Array(folder.utf8)
    let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    above = slash > 0 ? String(decoding: bytes[..<slash], as: UTF8.self) : "/"
  }

  public static func open(_ folder: String) throws(LinuxError) -> FolderNews {
    let number = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
    guard number >= 0 else { throw .last("watch", folder) }
    var news = FolderNews(owning: FileDescriptor(owning: number), folder: folder)
    news.watch()
    return news
  }

  private mutating func watch() {
    let changes = UInt32(IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVED_TO | IN_MOVED_FROM)
    watched = inotify_add_watch(
      news.number, folder, changes | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF))
    // A folder that goes takes its watch with it; then the one above says when it is back.
    if watched < 0, watchedAbove < 0 {
      watchedAbove = inotify_add_watch(news.number, above, UInt32(IN_CREATE | IN_MOVED_TO))
    }
  }

  /// Takes all news so far; whether there were any.
  public mutating func take() throws(LinuxError) -> Bool {
    var bytes = [UInt8](repeating: 0, count: FolderNews.room)
    var isNews = false
    while let count = try news.read(into: &bytes, limit: bytes.count), count > 0 {
      note(bytes[..<count], &isNews)
    }
    if watched < 0 {
      watch()
      if watched >= 0 {
        isNews = true
        if watchedAbove >= 0 { inotify_rm_watch(news.number, watchedAbove) }
        watchedAbove = -1
      }
    }
    return isNews
  }

  /// One event after the other: a watch, what happened, a cookie, the length of a name, the name.
  private mutating func note(_ events: ArraySlice<UInt8>, _ isNews: inout Bool) {
    var rest = events
    while rest.count >= 16 {
      let (watch, what) = (word(rest, 0), word(rest, 4))
      if Int32(bitPattern: watch) == watched {
        isNews = true
        if what & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 {
          if what & UInt32(IN_MOVE_SELF) != 0 { inotify_rm_watch(news.number, watched) }
          watched = -1
        }
      } else if what & UInt32(IN_Q_OVERFLOW) != 0 {
        isNews = true
      }
      rest = rest.dropFirst(16 + Int(clamping: word(rest, 12)))
    }
  }

  private func word(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
    var word: UInt32 = 0
    // The kernel's own byte order is ours.
    for index in (0..<4).reversed() {
      word = word << 8 | UInt32(bytes[bytes.startIndex + offset + index])
    }
    return word
  }
}
