internal import ALSA
internal import Linux
internal import Room
internal import Settings
internal import SoundCards
internal import VoiceCore

/// Why there is no sound, and what to do about it.
struct SoundProblem: Error {
  enum Kind {
    /// None that is wanted is there.
    case missing
    /// Somebody else has it.
    case busy
    /// It is there and does not do what it is asked.
    case refusing

    /// For programs.
    var code: String {
      switch self {
      case .missing: "no-card"
      case .busy: "busy-card"
      case .refusing: "refusing-card"
      }
    }
  }

  let reason: String
  let advice: String
  var kind = Kind.missing
}

/// Opens what the settings name. Blocks, so never on the audio thread.
struct CardOpener {
  let settings: DeviceSettings
  let bridge: Bridge

  /// Room and files are microphone and loudspeaker in one; a real card's halves come and go apart.
  var isWhole: Bool { settings.sound.card != .alsa }
  var isRoom: Bool { settings.sound.card == .room }

  func openMicrophone(_ pick: CardPick, after experience: CardExperience) throws(SoundProblem) -> (
    any Microphone, name: String
  ) {
    var alsa = settings.alsa
    alsa.microphone = pick.alsaName
    do throws(ALSAError) {
      let half = try ALSAMicrophone.open(alsa, after: experience)
      return (half, half.name)
    } catch {
      throw CardOpener.problem(error, pick, .microphone)
    }
  }

  func openLoudspeaker(_ pick: CardPick, after experience: CardExperience) throws(SoundProblem) -> (
    any Loudspeaker, name: String
  ) {
    var alsa = settings.alsa
    alsa.loudspeaker = pick.alsaName
    do throws(ALSAError) {
      let half = try ALSALoudspeaker.open(alsa, after: experience)
      return (half, half.name)
    } catch {
      throw CardOpener.problem(error, pick, .loudspeaker)
    }
  }

  /// Who has a busy card is what somebody must know to get it back.
  private static func problem(_ error: ALSAError, _ pick: CardPick, _ side: Side) -> SoundProblem {
    if pick.isLastResort {
      return SoundProblem(
        reason: "there is no sound card here, and ALSA's default cannot be opened: " + error.reason,
        advice:
          "plug in a USB speakerphone, or a microphone and a loudspeaker: they are taken at once")
    }
    guard error.isBusy, let card = pick.card else {
      return SoundProblem(
        reason: error.description, advice: error.advice,
        kind: error.isBusy ? .busy : pick.card == nil ? .missing : .refusing)
    }
    let holder = CardScanner.holder(of: card, side, device: pick.device) ?? Holder()
    return SoundProblem(
      reason: "\(side.word) '\(card.name)' is in use by \(holder.words)", advice: holder.advice,
      kind: .busy)
  }

  /// - Parameter time: where the clock stands, so that the room's events carry the device's time.
  func openWhole(at time: SampleTime) throws(SoundProblem) -> (
    microphone: any Microphone, loudspeaker: any Loudspeaker
  ) {
    if isRoom {
      let card = try openRoom(at: time)
      return (card, RoomLoudspeaker(in: card))
    }
    let card = try openWave()
    return (card, card)
  }

  private func openRoom(at time: SampleTime) throws(SoundProblem) -> RoomCard {
    let room = settings.room
    let script = try script()
    let folder = CardOpener.folder(of: room.script)
    var sounds: [[Int16]] = []
    for name in script.sounds {
      sounds.append(
        try CardOpener.load(name.utf8.first == UInt8(ascii: "/") ? name : folder + name))
    }
    let acoustics = RoomAcoustics(
      delay: room.echoDelay, gainDecibels: room.echoGainDecibels,
      noiseDecibels: room.noiseDecibels, seed: room.seed, driftPPM: room.driftPPM)
    return RoomCard(
      room: Room(script: script, sounds: sounds, acoustics: acoustics, start: time),
      speed: room.speed, name: "room, simulated", bridge: bridge)
  }

  private func openWave() throws(SoundProblem) -> WaveCard {
    WaveCard(
      sound: try CardOpener.load(settings.wav.microphone), speed: settings.wav.speed,
      name: "wav \(settings.wav.microphone)")
  }

  /// The room's script; without one nobody speaks.
  func script() throws(SoundProblem) -> TalkerScript {
    let path = settings.room.script
    let text: [UInt8]
    do throws(LinuxError) {
      text = path.isEmpty ? [] : try Files.read(path, limit: 1 << 20)
    } catch {
      throw SoundProblem(reason: error.description, advice: "set room.script to a talker script")
    }
    do throws(ScriptError) {
      return try TalkerScript.parse(String(decoding: text, as: UTF8.self))
    } catch {
      throw SoundProblem(reason: "\(path): \(error.description)", advice: "correct that line")
    }
  }

  private static func folder(of path: String) -> String {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return String(decoding: bytes[...slash], as: UTF8.self)
  }

  /// The samples of a WAV file.
  static func load(
    _ path: String, limit: Int = 256 << 20,
    advice: String = "sounds are WAV files of 16 kHz, mono, 16 bit"
  ) throws(SoundProblem) -> [Int16] {
    let bytes: [UInt8]
    do throws(LinuxError) { bytes = try Files.read(path, limit: limit) } catch {
      throw SoundProblem(reason: error.description, advice: advice)
    }
    do throws(WaveError) { return try WaveFile.decode(bytes).mono16kHz() } catch {
      throw SoundProblem(reason: "\(path): \(error.description)", advice: advice)
    }
  }
}
