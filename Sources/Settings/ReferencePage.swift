/// docs/SETTINGS.md: every key in Markdown.
public enum ReferencePage {
  public static var markdown: String {
    var text = """
      # Settings

      Made from the table in `Sources/Settings/SettingsTable.swift` by `auricle settings --reference`:
      change it there.

      The daemon reads `/etc/auricle/auricle.conf`, then `/etc/auricle/conf.d/*.conf` in the order of their
      names; what a later file says wins. `--config FILE` (repeatable) replaces both. A file is made of
      sections and `key = value` lines:

      ```ini
      # A comment has its own line and begins with # or ;
      [turn]
      end_silence = 900 ms

      [speaker]
      volume = 55
      ```

      Times need their unit (`700 ms`, `2 s`), and so do levels (`-12 dB`) and rates (`16000 bit/s`,
      `16 kbit/s`); all numbers are whole. Yes and no may also be on and off, true and false. Text may stand in
      double quotes, and must when it holds ` #` or ` ;`. Files are UTF-8, at most
      \(SettingsReader.largestFile / 1_024) KiB, lines at most \(SettingsReader.longestLine) bytes, texts at most \(SettingKind.longestText).

      The daemon does not start on a bad file. It names everything that is wrong, each with file, line,
      what was given and what would be right; so does `auricle settings --files`, before a restart.
      `auricle settings` shows what holds and where each value comes from. A file takes effect when the
      daemon starts.

      """
    for section in SettingsTable.sections {
      text += "\n## [\(section.name)]\n\n\(section.help)\n\n"
      text += "| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n"
      for row in SettingsTable.rows where row.section.utf8.elementsEqual(section.name.utf8) {
        let value = row.defaultText
        var help = row.help
        if let command = row.command { help += " `\(command)` changes it at once." }
        text +=
          "| `\(row.key)` | \(value.isEmpty ? "" : "`\(value)`") | \(row.kind.allowed) | \(help) |\n"
      }
    }
    text += "\nSome belong together:\n\n"
    for order in SettingsTable.orders {
      let least = order.times == 1 ? "" : "\(order.times) times "
      text +=
        "- `\(order.section).\(order.longer)` must be at least \(least)`\(order.section).\(order.shorter)`\n"
    }
    for (one, other) in SettingsTable.pairs {
      text += "- `\(one)` and `\(other)`: both or neither\n"
    }
    return text
  }
}
