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
        for line in Lines.wrapped("\(row.help) (\(row.kind.allowed))", width: 76) {
          text += "# \(line)\n"
        }
        let value = row.defaultText
        text += value.isEmpty ? "#\(row.key) =\n" : "#\(row.key) = \(value)\n"
      }
    }
    return text
  }
}
