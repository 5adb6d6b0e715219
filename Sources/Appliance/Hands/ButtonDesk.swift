internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets

/// Finds the devices with our buttons, reads them, and notices when one is plugged in or pulled out.
final class ButtonDesk {
  static let folder = "/dev/input"
  /// More than this is no appliance.
  static let mostDevices = 32
  /// Links to a new device, and its rights, come a moment after it.
  static let lookAgainAfter = SampleSpan.seconds(1)

  private final class Device {
    /// Another may have come under its name before it was seen to go.
    var isThere: Bool { mark != nil && mark == Files.mark(of: input.path) }

    let number: Int
    var input: InputDevice
    var watch: Watch?
    private let mark: FileMark?
    init(_ number: Int, _ input: consuming InputDevice) {
      self.number = number
      mark = Files.mark(of: input.path)
      self.input = input
    }
  }

  private let loop: EventLoop
  /// `auto`, a name or a path; nil: none.
  private let wanted: String?
  private var panel: ButtonPanel
  private var devices: [Device] = []
  private var lastNumber = 0
  private var news: NewsHolder?
  private var newsWatch: Watch?
  private var lookAgainAt: SampleTime?
  private var now = SampleTime.start
  private var complaints: [String] = []
  private let act: (ButtonPanel.Action, _ device: String) -> Void
  /// A device was pulled out while its switch was on.
  private let switchLost: () -> Void

  init(
    _ settings: DeviceSettings.Buttons, loop: EventLoop,
    switchLost: @escaping () -> Void,
    act: @escaping (ButtonPanel.Action, _ device: String) -> Void
  ) {
    self.loop = loop
    self.switchLost = switchLost
    self.act = act
    panel = ButtonPanel(settings)
    let isOff = settings.device.utf8.elementsEqual("off".utf8) || panel.roles.isEmpty
    wanted = isOff ? nil : settings.device
  }

  /// For people: the devices that are read.
  var names: String {
    var names = ""
    for device in devices { names += names.isEmpty ? device.input.name : ", \(device.input.name)" }
    return names
  }

  /// Reads how the switches stand, too: before the microphone is opened for the first time.
  func start() {
    guard wanted != nil else { return }
    watchFolder()
    look()
    if let wanted, devices.isEmpty, !isAuto(wanted) {
      Log.info("buttons device=\(Log.quoted(wanted)) is not there yet")
    }
  }

  func tick(at now: SampleTime) {
    self.now = now
    if let action = panel.tick(at: now) { act(action, "") }
    if let lookAgainAt, now >= lookAgainAt {
      self.lookAgainAt = nil
      look()
    }
  }

  // MARK: Finding

  private func isAuto(_ wanted: String) -> Bool { wanted.utf8.elementsEqual("auto".utf8) }
  private func isPath(_ wanted: String) -> Bool { wanted.utf8.first == UInt8(ascii: "/") }

  private func watchFolder() {
    do throws(LinuxError) {
      let news = NewsHolder(try FolderNews.open(ButtonDesk.folder))
      self.news = news
      do throws(LinkError) {
        newsWatch = try loop.watch(news.number) { self.folderChanged() }
      } catch { complain(error.description) }
    } catch { complain(error.description) }
  }

  private func folderChanged() {
    do throws(LinuxError) {
      guard let news, try news.take() else { return }
    } catch { complain(error.description) }
    look()
    lookAgainAt = now + ButtonDesk.lookAgainAfter
  }

  private func look() {
    guard let wanted else { return }
    for device in devices where !device.isThere { lose(device) }
    if isPath(wanted) { return open(wanted, named: nil) }
    do throws(LinuxError) {
      for name in try Files.list(ButtonDesk.folder) where name.utf8.starts(with: "event".utf8) {
        open("\(ButtonDesk.folder)/\(name)", named: isAuto(wanted) ? nil : wanted)
      }
    } catch { complain(error.description) }
  }

  private func open(_ path: String, named wanted: String?) {
    guard devices.count < ButtonDesk.mostDevices,
      !devices.contains(where: { $0.input.path.utf8.elementsEqual(path.utf8) })
    else { return }
    do throws(LinuxError) {
      guard let input = try InputDevice.open(path, wanted: panel.codes) else { return }
      if let wanted, !wanted.utf8.elementsEqual(input.name.utf8) { return }
      lastNumber += 1
      read(Device(lastNumber, input))
    } catch  where error.isPermission {
      complain("\(error.description): the daemon's user must be in the group 'input'")
    } catch  where error.isNotFound {
      // Gone again, or not there yet.
    } catch { complain(error.description) }
  }

  private func read(_ device: Device) {
    do throws(LinkError) {
      device.watch = try loop.watch(device.input.number) { [unowned(unsafe) device] in
        self.readable(device)
      }
    } catch { return complain(error.description) }
    devices.append(device)
    Log.info(
      "buttons of=\(Log.quoted(device.input.name)) path=\(Log.quoted(device.input.path)) found")
    stand(device)
  }

  // MARK: Reading

  private func readable(_ device: Device) {
    guard devices.contains(where: { $0 === device }) else { return }
    do throws(LinuxError) {
      while let news = try device.input.next() {
        switch news {
        case .event(let event): turn(event, device)
        case .missed: stand(device)
        }
      }
    } catch { lose(device) }
  }

  /// How its buttons are now, whatever we heard of them.
  private func stand(_ device: Device) {
    for event in device.input.standing() { turn(event, device) }
  }

  private func turn(_ event: InputDevice.Event, _ device: Device) {
    guard let action = panel.turn(event.code, isOn: event.isOn, of: device.number, at: now) else {
      return
    }
    act(action, device.input.name)
  }

  private func lose(_ device: Device) {
    if let watch = device.watch { loop.unwatch(watch) }
    devices.removeAll { $0 === device }
    Log.info("buttons of=\(Log.quoted(device.input.name)) lost")
    let wasOn = panel.isSwitchOn
    for action in panel.lose(device.number, at: now) { act(action, device.input.name) }
    if wasOn, !panel.isSwitchOn { switchLost() }
    lookAgainAt = now + ButtonDesk.lookAgainAfter
  }

  /// The same trouble once.
  private func complain(_ sentence: String) {
    guard !complaints.contains(where: { $0.utf8.elementsEqual(sentence.utf8) }),
      complaints.count < ButtonDesk.mostDevices
    else { return }
    complaints.append(sentence)
    Log.warning("buttons cannot be read reason=\(Log.quoted(sentence))")
  }
}

/// Closures cannot own what is not copyable; they can hold one of these.
private final class NewsHolder {
  private var news: FolderNews
  init(_ news: consuming FolderNews) { self.news = news }
  var number: Int32 { news.number }
  func take() throws(LinuxError) -> Bool { try news.take() }
}
