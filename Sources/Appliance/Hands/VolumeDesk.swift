internal import ALSA
internal import Linux
internal import VoiceCore
internal import WebSockets

/// The loudspeaker's volume, on the conversation thread: by the card where it has one, by us where it
/// has none, by both where its steps are too coarse.
final class VolumeDesk {
  private let bridge: Bridge
  private let loop: EventLoop
  /// `speaker.mixer`: nil is software only.
  private let wanted: Mixer.Wanted?
  private(set) var percent: Int
  /// Of the device's own sounds, on top of it.
  private(set) var cues: Int
  private var hardware: HardwareVolume?
  private var watch: Watch?
  private var lastComplaint = ""
  /// Somebody else has changed it.
  var changed: () -> Void = {}

  init(
    bridge: Bridge, loop: EventLoop, mixer: String, percent: Int, cues: Int
  ) {
    self.bridge = bridge
    self.loop = loop
    wanted =
      mixer.utf8.elementsEqual("off".utf8)
      ? nil : mixer.utf8.elementsEqual("auto".utf8) ? .best : .named(mixer)
    self.percent = percent
    self.cues = cues
    share()
  }

  /// For people: what it is done by.
  var by: String { hardware?.name ?? "software" }
  var isSilent: Bool { percent == 0 }

  func set(_ percent: Int) {
    self.percent = min(max(percent, Volume.range.lowerBound), Volume.range.upperBound)
    hardware?.aim(at: self.percent)
    share()
  }

  func set(cues: Int) {
    self.cues = min(max(cues, Volume.range.lowerBound), Volume.range.upperBound)
    share()
  }

  private func share() {
    let gain: Float =
      if let hardware, percent > 0 {
        Volume.gain(decibels: hardware.rest(of: percent))
      } else {
        Volume.gain(percent)
      }
    bridge.setGain(gain, cues: gain * Volume.gain(cues))
  }

  /// Each frame.
  func tick(isSilent: Bool) {
    guard let hardware else { return }
    do throws(ALSAError) {
      if try hardware.move(isSilent: isSilent) { tellCanceller() }
    } catch { lose(error) }
  }

  // MARK: The card

  /// - Parameter card: ALSA's name of the card that plays; nil when nobody knows it.
  func loudspeakerOpened(card: String?) {
    loudspeakerLost()
    bridge.hardwareGain = 1
    guard let card, let wanted else { return }
    do throws(ALSAError) {
      guard let mixer = try Mixer.open(card, wanted) else { return complain(card) }
      hardware = try HardwareVolume.open(mixer, percent: percent)
      guard hardware != nil else {
        return say("the volume of \(card) has no scale: set it with 'amixer -D \(card)', once")
      }
      lastComplaint = ""
      tellCanceller()
    } catch {
      return lose(error)
    }
    Log.info("volume by=\(Log.quoted(by))")
    if let descriptor = hardware?.descriptor {
      // Without, changes of others go unnoticed, and that is all.
      do throws(LinkError) { watch = try loop.watch(descriptor) { self.readNews() } } catch {
        Log.warning("the mixer is not watched reason=\(Log.quoted(error.description))")
      }
    }
    share()
  }

  private func tellCanceller() {
    if let hardware { bridge.hardwareGain = Volume.gain(decibels: hardware.gain) }
  }

  func loudspeakerLost() {
    if let watch { loop.unwatch(watch) }
    watch = nil
    hardware = nil
    share()
  }

  private func readNews() {
    guard let hardware else { return }
    do throws(ALSAError) {
      guard let percent = try hardware.takeNews() else { return }
      tellCanceller()
      self.percent = percent
      share()
      changed()
    } catch {
      lose(error)
    }
  }

  /// It goes on in software.
  private func lose(_ error: ALSAError) {
    say(error.description)
    loudspeakerLost()
  }

  private func complain(_ card: String) {
    // That a card has none is nothing to complain of, unless one was named.
    if case .named(let name) = wanted {
      say("\(card) has no volume '\(name)': see 'amixer -D \(card)'")
    }
  }

  /// The same trouble once.
  private func say(_ sentence: String) {
    guard !lastComplaint.utf8.elementsEqual(sentence.utf8) else { return }
    lastComplaint = sentence
    Log.warning("the volume is set in software reason=\(Log.quoted(sentence))")
  }
}
