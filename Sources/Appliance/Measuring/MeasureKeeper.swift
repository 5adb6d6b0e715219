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
    var microphone: String
    var loudspeaker: String
    var stumbles: Int
    var until: SampleTime
    var whyNot = ""
  }

  private let bridge: Bridge
  /// Nil when nothing is to be kept.
  private let path: String?
  private var task: Task?
  private var file: AcousticFile

  init(bridge: Bridge, settings: DeviceSettings) {
    self.bridge = bridge
    let folder = settings.device.state
    path = folder.isEmpty ? nil : folder + "/acoustics"
    file = MeasureKeeper.load(path)
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
    task = Task(
      accept: accept, volume: volume, microphone: microphone, loudspeaker: loudspeaker,
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
    let measured = Measurement(of: recording)
    let grade = AcousticJudge(measured, volume: task.volume).worst
    let clock = ClockReading.now
    let record = AcousticRecord(
      measured, at: clock.isWrong ? 0 : clock.system, microphone: task.microphone,
      loudspeaker: task.loudspeaker, firmware: Version.current, volume: task.volume, grade: grade)
    if task.accept { file.take(record, accept: true) }
    var fields = Fields()
    fields.add("at", record.at)
    fields.add("microphone", record.microphone)
    fields.add("loudspeaker", record.loudspeaker)
    fields.add("volume", record.volume)
    fields.add("stumbles", bridge.counters.stumbles.value - task.stumbles)
    addEarlier(to: &fields, comparedWith: record)
    measured.write(to: &fields, withClick: true)
    if !task.accept { file.take(record, accept: false) }
    keep()
    fields.succeed()
    return fields
  }

  /// How it was when it was installed, for whoever asks without any sound.
  func addEarlier(to fields: inout Fields, comparedWith record: AcousticRecord? = nil) {
    guard let installed = file.installed, let echo = installed.measured.echo else { return }
    fields.add("installed_day", installed.day)
    fields.add("installed_microphone", installed.microphone)
    fields.add("installed_loudspeaker", installed.loudspeaker)
    fields.add("installed_gain_db", Figure.text(echo.gainDecibels, places: 1))
    fields.add("installed_delay_ms", Figure.text(echo.delay, places: 1))
    if let record { fields.add("same_cards", installed.isOfSameCards(as: record)) }
    guard record == nil, let last = file.last else { return }
    fields.add("last_day", last.day)
    fields.add("last_grade", last.grade.word)
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

  private func keep() {
    guard let path else { return }
    do throws(LinuxError) { try Files.replace(path, with: file.contents, mode: 0o600) } catch {
      Log.warning("the measurement is not kept reason=\(Log.quoted(error.description))")
    }
  }
}
