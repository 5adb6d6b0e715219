// swift-tools-version: 6.2
import PackageDescription

// The module graph: read this first. Dependencies point from composition to edges to core, never
// back, and module X is the only one that imports CX.
//
// One manifest serves both builds. Nothing here mentions Embedded Swift: the device build is chosen
// on the command line (tools/build-device), so `swift build` and `swift test` stay plain.

let everywhere: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Device code: the ordinary build refuses what Embedded Swift would refuse.
let device = everywhere + [.treatWarning("EmbeddedRestrictions", as: .error)]

func cLibrary(_ name: String, pkgConfig: String? = nil) -> Target {
  .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig)
}

/// Embedded objects carry no autolink entries, so every edge names its libraries here.
func edge(_ name: String, _ dependencies: [Target.Dependency], links libraries: [String]) -> Target
{
  .target(
    name: name, dependencies: dependencies, swiftSettings: device,
    linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(_ module: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(module)Tests", dependencies: dependencies,
    // Inputs that once broke something.
    exclude: module == "Fuzzing" ? ["Regressions"] : [], swiftSettings: everywhere)
}

let package = Package(
  name: "auricle",
  products: [
    .executable(name: "auricled", targets: ["auricled"]),
    .executable(name: "auricle", targets: ["auricle"]),
    .executable(name: "auricle-agent", targets: ["auricle-agent"]),
    .executable(name: "auricle-demo", targets: ["auricle-demo"]),
    .executable(name: "auricle-simulate", targets: ["auricle-simulate"]),
  ],
  targets: [
    // The core: pure. No I/O, no clock, no threads, no C, no logging.
    // Optimised in every build: its tests hear minutes of sound.
    .target(
      name: "VoiceCore",
      swiftSettings: device + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    .target(name: "WireProtocols", dependencies: ["VoiceCore"], swiftSettings: device),
    .target(
      name: "DeviceLink", dependencies: ["VoiceCore", "WireProtocols"], swiftSettings: device),
    .target(name: "ControlProtocol", swiftSettings: device),
    .target(name: "SoundCards", swiftSettings: device),
    .target(name: "Settings", dependencies: ["VoiceCore", "SoundCards"], swiftSettings: device),
    .target(name: "Room", dependencies: ["VoiceCore"], swiftSettings: device),
    .target(name: "Picture", swiftSettings: device),
    // Optimised in every build, as its tests run hours of two clocks.
    .target(
      name: "SoundPath", dependencies: ["VoiceCore"],
      swiftSettings: device + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    // What is played to find out about card and room, and what comes of it.
    .target(
      name: "Acoustics", dependencies: ["VoiceCore", "ControlProtocol"],
      swiftSettings: device + [.unsafeFlags(["-O"], .when(configuration: .debug))]),

    // What all that was found out about a device means.
    .target(
      name: "Checkup", dependencies: ["Acoustics", "ControlProtocol", "Picture"],
      swiftSettings: device),

    // The edges: one C library each.
    edge("Linux", ["CLinux"], links: ["m"]),
    .target(name: "SettingsFiles", dependencies: ["Settings", "Linux"], swiftSettings: device),
    edge("ALSA", ["VoiceCore", "SoundCards", "SoundPath", "CALSA"], links: ["asound"]),
    edge("Opus", ["VoiceCore", "COpus"], links: ["opus"]),
    edge("SpeexDSP", ["VoiceCore", "CSpeexDSP"], links: ["speexdsp", "m"]),
    edge("WebSockets", ["Linux", "CWebSockets"], links: ["websockets", "ssl", "crypto"]),
    cLibrary("CLinux"),
    cLibrary("CALSA"),
    cLibrary("COpus"),
    cLibrary("CSpeexDSP"),
    cLibrary("CWebSockets"),

    // The composition and the device's two programs.
    .target(
      name: "Appliance",
      dependencies: [
        "VoiceCore", "WireProtocols", "DeviceLink", "ControlProtocol", "Settings",
        "SettingsFiles", "SoundCards", "SoundPath", "Acoustics", "Room", "Linux",
        "ALSA", "Opus", "SpeexDSP", "WebSockets",
      ],
      swiftSettings: device),
    .executableTarget(
      name: "auricled",
      dependencies: ["Appliance", "ControlProtocol", "Settings", "SettingsFiles", "Linux"],
      swiftSettings: device),
    .target(
      name: "Console",
      dependencies: [
        "VoiceCore", "WireProtocols", "ControlProtocol", "Settings", "SettingsFiles",
        "SoundCards", "Acoustics", "Checkup", "Linux",
      ],
      swiftSettings: device),
    // Recorded sound through the daemon's hearing: `auricle process`.
    .target(
      name: "Replay",
      dependencies: [
        "VoiceCore", "ControlProtocol", "Settings", "SettingsFiles", "Room", "Picture", "SpeexDSP",
        "Linux",
      ],
      swiftSettings: device),
    .executableTarget(
      name: "auricle", dependencies: ["Console", "Replay", "Linux"], swiftSettings: device),

    // What the learned listener is told, written down for training; never on the device.
    .executableTarget(
      name: "auricle-features", dependencies: ["VoiceCore", "Room", "SpeexDSP", "Linux"],
      swiftSettings: everywhere),

    // The agent: server side, never linked into the device programs.
    cLibrary("CPocketSphinx", pkgConfig: "pocketsphinx"),
    cLibrary("CESpeak"),
    cLibrary("CCrypto"),
    .target(
      name: "Crypto", dependencies: ["CCrypto"], swiftSettings: everywhere,
      linkerSettings: [.linkedLibrary("crypto")]),
    .target(
      name: "PocketSphinx", dependencies: ["VoiceCore", "CPocketSphinx"], swiftSettings: everywhere,
      linkerSettings: [.linkedLibrary("pocketsphinx"), .linkedLibrary("sphinxbase")]),
    .target(
      name: "ESpeak", dependencies: ["VoiceCore", "CESpeak"], swiftSettings: everywhere,
      linkerSettings: [.linkedLibrary("espeak-ng")]),
    .target(
      name: "CloudAgent",
      dependencies: [
        "VoiceCore", "WireProtocols", "ControlProtocol", "Room", "Opus", "PocketSphinx", "ESpeak",
        "WebSockets", "Linux", "Crypto",
      ],
      swiftSettings: everywhere),
    .executableTarget(
      name: "auricle-agent", dependencies: ["CloudAgent", "ControlProtocol", "Linux"],
      swiftSettings: everywhere),

    // Many devices at once, for measuring an agent; never on the device.
    .executableTarget(
      name: "auricle-load",
      dependencies: ["VoiceCore", "WireProtocols", "Room", "Opus", "WebSockets", "Linux"],
      swiftSettings: everywhere),

    // Both sides in one process, in virtual time, while everything goes wrong.
    .target(
      name: "Simulator", dependencies: ["VoiceCore", "WireProtocols", "DeviceLink", "CloudAgent"],
      // Optimised in every build, as what it runs thousands of times.
      swiftSettings: everywhere + [
        .unsafeFlags(["-O"], .when(configuration: .debug)),
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
      ]),
    .executableTarget(
      name: "auricle-simulate", dependencies: ["Simulator", "Linux"], swiftSettings: everywhere),

    // The demonstration: starts both sides, follows them, draws what happened.
    .target(
      name: "Demo", dependencies: ["ControlProtocol", "Room", "Picture"], swiftSettings: everywhere),
    .executableTarget(
      name: "auricle-demo", dependencies: ["Demo", "ControlProtocol", "Room", "Linux"],
      swiftSettings: everywhere),

    // Every parser with what must hold whatever comes in, for libFuzzer and for the tests.
    .target(
      name: "Fuzzing",
      dependencies: [
        "VoiceCore", "WireProtocols", "DeviceLink", "ControlProtocol", "Settings", "Room", "Opus",
        "WebSockets", "Appliance", "CloudAgent", "SoundCards", "Acoustics", "Checkup",
        "Linux",
      ],
      path: "Tests/Fuzzing", swiftSettings: everywhere),
    tests("Fuzzing", ["Fuzzing", "Linux", "TestSupport"]),

    // Voices and folders that several of the tests need.
    .target(
      name: "TestSupport", dependencies: ["VoiceCore", "Linux"], path: "Tests/TestSupport",
      swiftSettings: everywhere),
    tests("VoiceCore", ["VoiceCore", "TestSupport"]),
    tests("WireProtocols", ["WireProtocols", "VoiceCore", "Linux", "TestSupport"]),
    tests("DeviceLink", ["DeviceLink", "WireProtocols", "VoiceCore"]),
    tests("ControlProtocol", ["ControlProtocol"]),
    tests("SoundCards", ["SoundCards", "TestSupport"]),
    tests("Settings", ["Settings", "SettingsFiles", "SoundCards", "Linux", "VoiceCore"]),
    tests(
      "Console",
      [
        "Console", "VoiceCore", "WireProtocols", "ControlProtocol", "Settings", "SoundCards",
        "Linux", "TestSupport",
      ]),
    tests("Room", ["Room", "VoiceCore", "TestSupport"]),
    tests("Picture", ["Picture"]),
    tests("SoundPath", ["SoundPath", "VoiceCore", "TestSupport"]),
    tests("Checkup", ["Checkup", "Acoustics", "ControlProtocol"]),
    tests("Acoustics", ["Acoustics", "VoiceCore", "ControlProtocol", "TestSupport"]),
    tests(
      "Edge",
      ["SoundPath", "ALSA", "Opus", "SpeexDSP", "WebSockets", "Linux", "VoiceCore", "TestSupport"]),
    tests(
      "Appliance",
      [
        "Appliance", "VoiceCore", "WireProtocols", "DeviceLink", "ControlProtocol", "Settings",
        "SoundCards",
        "Acoustics", "Room", "Opus", "WebSockets", "Linux", "TestSupport",
      ]),
    tests("Replay", ["Replay", "VoiceCore", "Room", "Linux", "TestSupport"]),
    tests(
      "CloudAgent",
      [
        "CloudAgent", "VoiceCore", "WireProtocols", "Room", "Opus", "PocketSphinx", "ESpeak",
        "WebSockets", "Linux", "Crypto", "TestSupport",
      ]),
    tests("Simulation", ["Simulator", "DeviceLink", "VoiceCore"]),
    tests("Demo", ["Demo", "ControlProtocol", "Room", "Settings"]),
  ]
)

// What tools/fuzz builds, and nothing else knows of. libFuzzer brings the main of the first.
if Context.environment["AURICLE_FUZZ"] != nil {
  package.targets += [
    .executableTarget(
      name: "auricle-fuzz", dependencies: ["Fuzzing"], path: "Tests/FuzzingMain",
      swiftSettings: everywhere),
    .executableTarget(
      name: "auricle-pour", dependencies: ["Fuzzing", "Linux", "TestSupport"],
      path: "Tests/FuzzingPour", swiftSettings: everywhere),
  ]
}
// The client of the Autobahn test suite: tools/autobahn.
if Context.environment["AURICLE_AUTOBAHN"] != nil {
  package.targets.append(
    .executableTarget(
      name: "auricle-echo", dependencies: ["WebSockets"], path: "Tests/AutobahnClient",
      swiftSettings: everywhere,
      linkerSettings: [
        .linkedLibrary("websockets"), .linkedLibrary("ssl"), .linkedLibrary("crypto"),
      ]))
}
