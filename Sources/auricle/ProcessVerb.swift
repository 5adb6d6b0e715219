internal import Linux

/// `auricle process`: recorded sound through the hearing.
enum ProcessVerb {
  static func run(_ arguments: [String]) -> Int32 {
    Output.complain("auricle: process is not part of this build")
    return 1
  }
}
