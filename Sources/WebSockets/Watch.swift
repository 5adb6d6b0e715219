/// A descriptor that an `EventLoop` watches; `EventLoop.unwatch` ends it.
public final class Watch {
  let endpoint: WatchedDescriptor
  init(_ endpoint: WatchedDescriptor) { self.endpoint = endpoint }
}

final class WatchedDescriptor: Endpoint {
  var onReadable: (() -> Void)?

  init(on loop: EventLoop, onReadable: @escaping () -> Void) {
    self.onReadable = onReadable
    super.init(on: loop)
  }

  override func readable() { onReadable?() }

  override func closed(_ wsi: OpaquePointer) {
    // The other end hung up and nothing is left to read: whoever reads once more finds out.
    let last = onReadable
    onReadable = nil
    last?()
  }
}
