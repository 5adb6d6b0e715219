internal import Linux
internal import Synchronization

/// Work handed from one thread to others, in order, with a bound. A taker sleeps until there is some.
final class JobQueue<Job: Sendable>: Sendable {
  private struct State {
    var jobs: [Job] = []
    var isClosed = false
  }

  private let limit: Int
  private let state = Mutex(State())
  private let wakeup: Wakeup

  init(limit: Int) throws(LinuxError) {
    self.limit = limit
    wakeup = try .open()
  }

  /// False when the queue is full or closed; then the job is not taken.
  func put(_ job: Job) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isClosed, state.jobs.count < limit else { return false }
      state.jobs.append(job)
      return true
    }
    if isTaken { wakeup.signal() }
    return isTaken
  }

  /// The oldest job, waiting for one if need be; nil when the queue is closed.
  func take() -> Job? {
    while true {
      // Cleared before the look, so that what comes after the look wakes us again.
      wakeup.clear()
      let (job, more, isClosed) = state.withLock { state in
        if state.isClosed { return (nil as Job?, true, true) }
        let job = state.jobs.isEmpty ? nil : state.jobs.removeFirst()
        return (job, !state.jobs.isEmpty, false)
      }
      // Signals are taken all at once: another taker may sleep on one that was meant for two jobs.
      if more { wakeup.signal() }
      if isClosed { return nil }
      if let job { return job }
      do throws(LinuxError) {
        _ = try Waiting.firstReadable(of: [wakeup.number], milliseconds: -1)
      } catch {
        return nil
      }
    }
  }

  /// Wakes all takers for the last time; what was not taken is dropped.
  func close() {
    state.withLock { state in
      state.jobs = []
      state.isClosed = true
    }
    wakeup.signal()
  }
}
