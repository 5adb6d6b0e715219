internal import Acoustics
internal import ControlProtocol
internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets

/// Has the board measured when somebody asks, on the conversation thread, and keeps what was found
/// from one time to the next.
final class MeasureKeeper {
  /// The probe takes six seconds; what takes longer is called off.
  static let longest = SampleSpan.seconds(9)

  /// What the answer needs to know of the moment in which it began.
  private struct Task {
    var accept: Bool
    var volume: Int
    /// As they are told.
    var cards: Fields
    var cancelsEcho: Bool
    var stumbles: Int
    var until: SampleTime
    var whyNot = ""
  }

  private let bridge: Bridge
  /// Nil when nothing is to be kept.
  private let path: String?
  private var task: Task?
  private var file: AcousticFile
  private let cancelsEcho: Bool

  init(bridge: Bridge, settings: DeviceSettings) {
    self.bridge = bridge
    let folder = settings.device.state
    path = folder.isEmpty ? nil : folder + "/acoustics"
    file = MeasureKeeper.load(path)
    cancelsEcho = settings.alsa.cancelsEcho
  }

  var isUnderWay: Bool { task != nil }

  /// - Returns: why it cannot be; nil when it has begun.
  func begin(accept: Bool, volume: Int, sound: SoundKeeper, at now: SampleTime) -> String? {
    if task != nil { return "a measurement is under way" }
    guard let microphone = sound.microphoneName, let loudspeaker = sound.loudspeakerName else {
      return sound.problem?.reason ?? "the microphone is closed"
    }
    if volume == 0 { return "the volume is 0: auricle volume 50" }
    guard bridge.measure.begin(Probe.sound()) else { return "a measurement is under way" }
    var cards = Fields()
    cards.add("microphone", microphone)
    cards.add("loudspeaker", loudspeaker)
    sound.addCards(to: &cards)
    task = Task(
      accept: accept, volume: volume, cards: cards, cancelsEcho: cancelsEcho && sound.isOneCard,
      stumbles: bridge.counters.stumbles.value, until: now + MeasureKeeper.longest)
    return nil
  }

  /// The first reason counts.
  func callOff(because reason: String) {
    guard let task, task.whyNot.isEmpty else { return }
    self.task?.whyNot = reason
    bridge.measure.callOff()
  }

  /// - Returns: the answer, once, when it has ended.
  func check(at now: SampleTime) -> Fields? {
    guard let task else { return nil }
    if now >= task.until { callOff(because: "it took too long") }
    guard let (outcome, recording) = bridge.measure.take() else { return nil }
    self.task = nil
    switch outcome {
    case .aborted: return .failure("not measured: \(task.whyNot)")
    case .soundLost:
      return .failure("not measured: microphone or loudspeaker was muted or lost meanwhile")
    case .whole: return answer(recording, task)
    }
  }

  private func answer(_ recording: ProbeRecording, _ task: Task) -> Fields {
    var measured = Measurement(of: recording)
    measured.cancelsEcho = task.cancelsEcho
    var record = Fields()
    let clock = ClockReading.now
    record.add("at", clock.isWrong ? 0 : clock.system)
    for field in task.cards.all { record.add(field.key, field.value) }
    record.add("firmware", Version.current)
    record.add("volume", task.volume)
    var fields = record
    let judge = AcousticJudge(measured)
    record.add("grade", judge.worst.word)
    measured.write(to: &record, withClick: false)
    if task.accept { accept(record, judge, &fields) }
    fields.add("stumbles", bridge.counters.stumbles.value - task.stumbles)
    addEarlier(to: &fields)
    measured.write(to: &fields, withClick: true)
    if !task.accept {
      file.take(record, isGood: judge.isComparable, accept: false)
      _ = keep()
    }
    fields.succeed()
    return fields
  }

  /// Whoever says that it is as it should be is told whether that was taken. Why a measurement is no good
  /// to compare with is in its figures.
  private func accept(_ record: Fields, _ judge: AcousticJudge, _ fields: inout Fields) {
    file.take(record, isGood: judge.isComparable, accept: true)
    let problem = keep()
    fields.add("accepted", judge.isComparable && problem == nil)
    if judge.isComparable, let problem { fields.add("accepted_why", problem) }
  }

  private static let compared = [
    "at", "microphone", "microphone_card", "microphone_id", "loudspeaker", "loudspeaker_card",
    "loudspeaker_id", "echo_gain_db", "delay_ms",
  ]

  /// How it was when it was installed, and what was found the last time.
  func addEarlier(to fields: inout Fields) {
    if let installed = file.installed {
      for key in MeasureKeeper.compared {
        if let value = installed[key] { fields.add("installed_" + key, value) }
      }
    }
    if let last = file.last {
      for key in ["at", "grade"] {
        if let value = last[key] { fields.add("last_" + key, value) }
      }
    }
  }

  // MARK: The file

  private static func load(_ path: String?) -> AcousticFile {
    guard let path, Files.exists(path) else { return AcousticFile() }
    do throws(LinuxError) {
      let bytes = try Files.read(path, limit: AcousticFile.largest)
      do throws(AcousticFile.Damage) { return try AcousticFile(contents: bytes) } catch {
        Log.warning(
          "earlier measurements are not used file=\(Log.quoted(path)) reason=\(Log.quoted(error.reason))"
        )
      }
    } catch {
      Log.warning("earlier measurements are not used reason=\(Log.quoted(error.description))")
    }
    return AcousticFile()
  }

  /// - Returns: why it will be forgotten when the daemon ends; nil when it will not.
  private func keep() -> String? {
    guard let path else { return "nothing is kept: device.state is empty" }
    do throws(LinuxError) { try Files.replace(path, with: file.contents, mode: 0o600) } catch {
      Log.warning("the measurement is not kept reason=\(Log.quoted(error.description))")
      return error.description
    }
    return nil
  }
}
