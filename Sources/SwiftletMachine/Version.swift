/// The version of this package; everything that names one asks here, and a release changes it here.
package let swiftletVersion = "0.1.0"
