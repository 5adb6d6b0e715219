/// Days of the calendar, in UTC.
public enum Day {
  /// `2026-11-28`
  /// - Parameter seconds: since 1970.
  public static func text(_ seconds: Int64) -> String {
    let (year, month, day) = date(seconds)
    return "\(year)-\(two(month))-\(two(day))"
  }

  /// `14:05:09`
  public static func time(_ seconds: Int64) -> String {
    let rest = seconds - floor(seconds, 86_400) * 86_400
    return "\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
  }

  private static func date(_ seconds: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // Years begin in March, so that the leap day is the last; four centuries have 146,097 days.
    let days = floor(seconds, 86_400) + 719_468
    let era = floor(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    let day = dayOfYear - (153 * march + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floor(_ value: Int64, _ step: Int64) -> Int64 {
    value >= 0 ? value / step : (value - step + 1) / step
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
