/// A settings file with every key, its help and its default, all commented out.
public enum SampleFile {
  public static var text: String {
    var text = """
      # Settings of the Auricle voice appliance: auricle.conf(5) tells more.
      #
      # Each line below is the default. To change one, remove the # before it, then:
      #   auricle settings --files        checks this file
      #   systemctl restart auricled      puts it in force

      """
    for section in SettingsTable.sections {
      text += "\n# \(section.help)\n[\(section.name)]\n"
      for row in SettingsTable.rows where row.section.utf8.elementsEqual(section.name.utf8) {
        text += "\n"
        for line in wrapped("\(row.help) (\(row.kind.allowed))") { text += "# \(line)\n" }
        let value = row.defaultText
        text += value.isEmpty ? "#\(row.key) =\n" : "#\(row.key) = \(value)\n"
      }
    }
    return text
  }

  /// Lines a console of 80 columns shows whole.
  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.utf8.split(separator: UInt8(ascii: " ")) {
      if !line.isEmpty, line.utf8.count + 1 + word.count > 76 {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + String(decoding: word, as: UTF8.self)
    }
    return lines + [line]
  }
}
