internal import Linux
internal import Simulator
internal import Synchronization

/// Simulated conversations with faults: `tools/simulate` calls it.
@main enum AuricleSimulate {
  static let usage = """
    usage: auricle-simulate [--seeds N] [--first S] [--workers N] [--keep-going]
           auricle-simulate --seed S [--trace]

      --seeds N     so many conversations, at least one (100)
      --first S     beginning with this seed (1)
      --seed S      this one only
      --trace       with its whole timeline
      --workers N   threads (2)
      --keep-going  go on after a seed that fails, up to 20 of them
    """
  static let mostFailures = 20
  static let shownLines = 40

  static func main() { Process.exit(run(Array(Process.arguments.dropFirst()))) }

  struct Options {
    var seeds: UInt64 = 100
    var first: UInt64 = 1
    var seed: UInt64?
    var isTraced = false
    var workers = 2
    var keepsGoing = false
    /// Something that is only for many.
    private var isOfMany = false

    init?(_ arguments: [String]) {
      var rest = arguments[...]
      while let argument = rest.popFirst() {
        switch argument {
        case "--trace": isTraced = true
        case "--keep-going": keepsGoing = true
        case "--seeds", "--first", "--seed", "--workers":
          guard let text = rest.popFirst(), let number = UInt64(text) else { return nil }
          switch argument {
          case "--seeds":
            guard number > 0 else { return nil }
            (seeds, isOfMany) = (number, true)
          case "--first": (first, isOfMany) = (number, true)
          case "--seed": seed = number
          default:
            guard (1...64).contains(number) else { return nil }
            workers = Int(number)
          }
        default: return nil
        }
      }
      // Whoever asks for both would take the one for the other.
      guard seed == nil || !isOfMany else { return nil }
    }
  }

  private static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") {
      Output.print(usage)
      return 0
    }
    guard let options = Options(arguments) else {
      Output.complain(usage)
      return 2
    }
    if let seed = options.seed { return show(seed, isTraced: options.isTraced) }
    return many(options)
  }

  private static func show(_ seed: UInt64, isTraced: Bool) -> Int32 {
    let outcome = SeedRun.run(seed, isTraced: true)
    if isTraced { for line in outcome.lines { Output.print(line) } }
    guard outcome.broken == nil else {
      report(outcome, withLines: !isTraced)
      return 1
    }
    Output.print(
      "seed \(seed): \(outcome.turns) turns, \(outcome.replies) replies in \(outcome.frames * 10) ms,"
        + " timeline \(String(outcome.hash, radix: 16))")
    return 0
  }

  private static func report(_ outcome: Outcome, withLines: Bool = true) {
    guard let broken = outcome.broken else { return }
    if withLines { for line in outcome.lines.suffix(shownLines) { Output.print(line) } }
    Output.print(
      "seed \(outcome.seed), step \(outcome.frames): \(broken.invariant) is broken: \(broken.detail)"
    )
    Output.print("again: tools/simulate --seed \(outcome.seed) --trace")
  }

  // MARK: Many

  private final class Total: Sendable {
    let next: Atomic<UInt64>
    let failures = Atomic<Int>(0)
    let sum = Mutex(SeedRun())
    let failed = Mutex<[Outcome]>([])

    init(first: UInt64) { next = Atomic(first) }
  }

  private static func run(_ work: @escaping @Sendable () -> Void, on count: Int) -> Bool {
    guard count > 1 else {
      work()
      return true
    }
    do throws(LinuxError) {
      let other = try RealtimeThread.start(name: "worker", priority: nil, run: work)
      let isFine = run(work, on: count - 1)
      other.join()
      return isFine
    } catch {
      Output.complain("auricle-simulate: \(error.description)")
      return false
    }
  }

  private static func many(_ options: Options) -> Int32 {
    let began = MonotonicClock.microseconds()
    let total = Total(first: options.first)
    let end = options.first &+ options.seeds
    let limit = options.keepsGoing ? mostFailures : 1
    let work: @Sendable () -> Void = {
      var sum = SeedRun()
      while total.failures.load(ordering: .relaxed) < limit {
        let seed = total.next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard seed < end else { break }
        let outcome = SeedRun.run(seed)
        sum.add(outcome)
        guard outcome.broken != nil else { continue }
        total.failures.wrappingAdd(1, ordering: .relaxed)
        total.failed.withLock { $0.append(outcome) }
      }
      total.sum.withLock { $0.add(sum) }
    }
    guard run(work, on: options.workers) else { return 1 }
    let seconds = Double(MonotonicClock.microseconds() - began) / 1_000_000
    let sum = total.sum.withLock { $0 }
    let failed = total.failed.withLock { $0.sorted { $0.seed < $1.seed } }
    for (index, outcome) in failed.enumerated() {
      report(SeedRun.run(outcome.seed, isTraced: true), withLines: index == 0)
    }
    let rate = Double(sum.count) / max(0.001, seconds)
    Output.print(
      "\(sum.count - failed.count) passed, \(failed.count) failed; \(Int(rate)) a second with"
        + " \(options.workers) workers, \(sum.frames / 100 / max(1, sum.count)) s each,"
        + " \(sum.turns) turns, \(sum.replies) replies, timelines \(String(sum.hash, radix: 16))")
    return failed.isEmpty ? 0 : 1
  }
}
