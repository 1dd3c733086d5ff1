import SwiftletFiles
import SwiftletServing
import SwiftletTensor
import Testing

private func request(
    _ json: String, binary: [UInt8] = [], headerLength: Int? = nil
) throws -> InferenceRequest {
    let body = Array(json.utf8) + binary
    return try body.withUnsafeBytes {
        try InferenceRequest(
            parsing: $0, headerLength: headerLength ?? (binary.isEmpty ? nil : json.utf8.count))
    }
}

@Suite struct EndpointTests {
    @Test(
        "paths",
        arguments: [
            ("/v2", .server), ("/v2/", .server), ("/v2?x=1", .server),
            ("/v2/health/live", .live), ("/v2/health/ready", .ready),
            ("/v2/repository/index", .index), ("/metrics", .metrics),
            ("/v2/models/a", .model(name: "a", version: nil)),
            ("/v2/models/a%20b%2fc/versions/3", .model(name: "a b/c", version: "3")),
            ("/v2/models/a/ready", .modelReady(name: "a", version: nil)),
            ("/v2/models/a/versions/1/infer", .infer(name: "a", version: "1")),
            ("/v2/models/versions/versions/1/ready", .modelReady(name: "versions", version: "1")),
            ("", nil), ("/", nil), ("/v1", nil), ("/v2/models", nil), ("/v2/models/a/b", nil),
            ("/v2/models/a/versions", nil), ("/v2/models/%ff", nil), ("/v2/models/%4", nil),
        ] as [(String, Endpoint?)])
    func paths(_ path: String, _ endpoint: Endpoint?) {
        #expect(Endpoint(path: path) == endpoint)
    }
}

@Suite struct RequestTests {
    /// The example of the protocol's text.
    @Test func exampleOfTheProtocol() throws {
        let request = try request(
            """
            {"id": "42", "inputs": [
              {"name": "input0", "shape": [2, 2], "datatype": "UINT32", "data": [1, 2, 3, 4]},
              {"name": "input1", "shape": [1], "datatype": "BOOL", "data": [true]}],
             "outputs": [{"name": "output0"}]}
            """)
        #expect(request.id == "42")
        #expect(request.inputs.map(\.name) == ["input0", "input1"])
        #expect(try request.inputs[0].tensor.elements(of: UInt32.self) == [1, 2, 3, 4])
        #expect(try request.inputs[1].tensor.elements(of: Bool.self) == [true])
        #expect(request.outputs?.map(\.name) == ["output0"])
        #expect(!request.wantsBinary && request.timeout == nil)
    }

    /// The example of the extension's text.
    @Test func exampleOfBinaryData() throws {
        let json = """
            {"model_name": "mymodel", "inputs": [
              {"name": "input0", "shape": [2, 2], "datatype": "UINT32",
               "parameters": {"binary_data_size": 16}},
              {"name": "input1", "shape": [3], "datatype": "BOOL",
               "parameters": {"binary_data_size": 3}}],
             "outputs": [{"name": "output0", "parameters": {"binary_data": true}}]}
            """
        let request = try request(
            json, binary: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 255, 255, 255, 255, 1, 0, 1])
        #expect(
            try request.inputs[0].tensor.elements(of: UInt32.self) == [1, 256, 65536, UInt32.max])
        #expect(try request.inputs[1].tensor.elements(of: Bool.self) == [true, false, true])
        #expect(request.outputs == [.init(name: "output0", isBinary: true)])
    }

    @Test func nestedDataIsInRowMajorOrder() throws {
        let request = try request(
            """
            {"inputs": [{"name": "x", "shape": [2, 1, 3], "datatype": "FP64",
              "data": [[[1, 2.5, NaN]], [[-Infinity, 0, 1e300]]]}],
             "parameters": {"binary_data_output": true, "timeout": 1500}}
            """)
        let values = try request.inputs[0].tensor.elements(of: Double.self)
        #expect(values[0...1] == [1, 2.5] && values[2].isNaN)
        #expect(values[3...] == [-.infinity, 0, 1e300])
        #expect(request.wantsBinary && request.timeout == .microseconds(1500))
    }

    @Test(
        "every datatype as JSON",
        arguments: [
            ("BOOL", "[true, 0, 1]"), ("UINT8", "[255, 0, 1]"), ("UINT16", "[65535, 0, 1]"),
            ("UINT32", "[4294967295, 0, 1]"), ("UINT64", "[9223372036854775807, 0, 1]"),
            ("INT8", "[-128, 0, 1.0]"), ("INT16", "[-32768, 0, 1]"),
            ("INT32", "[-2147483648, 0, 1]"), ("INT64", "[-9223372036854775808, 0, 1]"),
            ("FP16", "[0.5, 0, 1]"), ("BF16", "[0.5, 0, 1]"), ("FP32", "[0.1, 0, 1]"),
            ("FP64", "[0.1, 0, 1]"), ("BYTES", "[\"Ü\", \"\", \"a\"]"),
        ])
    func datatypes(_ name: String, _ data: String) throws {
        let request = try request(
            #"{"inputs": [{"name": "x", "shape": [3], "datatype": "\#(name)", "data": \#(data)}]}"#)
        let tensor = request.inputs[0].tensor
        #expect(tensor.dtype.protocolName == name && tensor.shape == [3])
        // And back, in both forms, through a request of the same elements.
        for isBinary in [false, true] {
            let response = InferenceResponse(
                model: "m", version: "1", id: nil, outputs: [("x", tensor, isBinary)])
            let count = response.headerLength ?? response.body.count
            var json = try JSON(parsing: response.body[..<count])
            #expect(json["model_name"] == "m" && json["id"] == nil)
            json["inputs"] = json["outputs"]
            json["outputs"] = nil
            let text = json.text()
            let again = try SwiftletServingTests.request(
                text, binary: Array(response.body[count...]))
            #expect(again.inputs[0].tensor.isIdentical(to: tensor))
        }
    }

    @Test(
        "refusals",
        arguments: [
            ("", "no body"), ("{", "JSON"), ("[]", "object"), ("{}", "\"inputs\""),
            (#"{"inputs": [{}]}"#, "\"name\""),
            (#"{"inputs": [{"name": "x", "datatype": "FP8", "shape": [1], "data": [1]}]}"#, "FP8"),
            (
                #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1]}]}"#,
                "2 elements"
            ),
            (
                #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [[1], [2]]}]}"#,
                "nest"
            ),
            (
                #"{"inputs": [{"name": "x", "datatype": "UINT8", "shape": [1], "data": [256]}]}"#,
                "UINT8"
            ),
            (
                #"{"inputs": [{"name": "x", "datatype": "UINT64", "shape": [1], "data": [9223372036854775809]}]}"#,
                "UINT64"
            ),
            (
                #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1], "data": [1]}]}"#,
                "above 0"
            ),
            (
                #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [4611686018427387904, 4], "data": [1]}]}"#,
                "too large"
            ),
            (
                #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}}]}"#,
                "0 bytes are left"
            ),
            (#"{"inputs": [], "parameters": {"sequence_id": 4}}"#, "sequence"),
        ])
    func refusals(_ json: String, _ words: String) {
        let error = #expect(throws: ServingError.self) { try request(json) }
        #expect(error?.status == 400)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func deepJSONIsRefusedWithoutATrap() {
        for open in ["[", #"{"a":"#] {
            #expect(throws: ServingError.self) {
                try request(String(repeating: open, count: 1 << 20))
            }
        }
    }

    @Test func everyTruncationOfABinaryBodyIsRefused() throws {
        let json = #"""
            {"inputs": [{"name": "x", "shape": [2], "datatype": "BYTES",
             "parameters": {"binary_data_size": 11}}]}
            """#
        let binary: [UInt8] = [2, 0, 0, 0, 65, 66, 1, 0, 0, 0, 67]
        #expect(try request(json, binary: binary).inputs[0].tensor.strings == ["AB", "C"])
        let whole = Array(json.utf8) + binary
        for count in 0..<whole.count {
            #expect(throws: ServingError.self) {
                try whole[..<count].withUnsafeBytes {
                    try InferenceRequest(parsing: $0, headerLength: json.utf8.count)
                }
            }
        }
    }
}
