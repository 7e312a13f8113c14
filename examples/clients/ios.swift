// Parasol on iOS 16 and later: Foundation only. `Document` is your own Decodable for the answer, e.g.
//   struct ShopConfig: Decodable, Sendable { let configVersion: String; let data: ShopData }
//   let remote = RemoteConfig<ShopConfig>(server: URL(string: "https://config.example.com")!, appId: "shop")
//   Task { if let config = await remote.refresh() { apply(config) } }   // at start and on scenePhase == .active
import Foundation

actor RemoteConfig<Document: Decodable & Sendable> {
    private struct Kept: Codable { let etag: String?; let body: Data } // the validator never parts from its body

    private let url: URL
    private let file: URL
    private let session: URLSession
    private var kept: Kept?
    private var running: Task<Void, Never>?

    /// The last known good; nil until the first ever. It never expires: an old config beats none.
    private(set) var document: Document?

    init(server: URL, appId: String) {
        url = server.appending(path: "v1/api/config/\(appId)")
        file = URL.applicationSupportDirectory.appending(path: "parasol-\(appId).json")
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 10
        configuration.urlCache = nil // we keep the validator ourselves, so that a 304 reaches us
        session = URLSession(configuration: configuration)
    }

    /// What is on the device, at once (off the main thread): show it while `refresh` is under way.
    func lastKnown() -> Document? {
        if kept == nil, let bytes = try? Data(contentsOf: file),
            let found = try? JSONDecoder().decode(Kept.self, from: bytes),
            let known = try? JSONDecoder().decode(Document.self, from: found.body) {
            (kept, document) = (found, known)
        }
        return document
    }

    /// Asks the server; calls that overlap share one request. Never throws: a failure leaves the last known good.
    func refresh() async -> Document? {
        _ = lastKnown()
        if running == nil {
            running = Task { await ask(); running = nil }
        }
        await running?.value
        return document
    }

    private func ask() async {
        var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData)
        if let etag = kept?.etag { request.setValue(etag, forHTTPHeaderField: "If-None-Match") }
        guard let (body, answer) = try? await session.data(for: request),
            let http = answer as? HTTPURLResponse, http.statusCode == 200, // 304, 4xx, 5xx: ours is the best there is
            let fresh = try? JSONDecoder().decode(Document.self, from: body) else { return }
        let new = Kept(etag: http.value(forHTTPHeaderField: "ETag"), body: body)
        (kept, document) = (new, fresh)
        try? FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        if let bytes = try? JSONEncoder().encode(new) { try? bytes.write(to: file, options: .atomic) }
    }
}
