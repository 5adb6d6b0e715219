internal import CLinux

/// Waiting for several descriptors at once, where an event loop would be too much.
public enum Waiting {
  public static let mostDescriptors = 8

  /// The first in the list that can be read or has been hung up; nil after `milliseconds`
  /// (-1 waits for ever).
  public static func firstReadable(of descriptors: [Int32], milliseconds: Int32)
    throws(LinuxError) -> Int?
  {
    precondition(descriptors.count <= mostDescriptors)
    var requests: [pollfd] = []
    for number in descriptors {
      requests.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0))
    }
    while poll(&requests, nfds_t(requests.count), milliseconds) < 0 {
      if clinux_errno() != EINTR { throw .last("wait for", "\(descriptors.count) descriptors") }
    }
    return requests.firstIndex { $0.revents != 0 }
  }
}
