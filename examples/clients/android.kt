// Parasol on Android: coroutines and the platform, nothing else. One instance an app, made with context.filesDir.
package com.example.shop

import android.util.AtomicFile
import java.io.*
import java.net.*
import kotlinx.coroutines.*
import kotlinx.coroutines.flow.*
import kotlinx.coroutines.sync.*
import org.json.*

class RemoteConfig(private val server: String, private val appId: String, filesDir: File) {
    private val file = AtomicFile(File(filesDir, "parasol-$appId.json"))
    private val mutex = Mutex()
    private var kept: JSONObject? = null // {etag, config}: the validator never parts from its body
    private val latest = MutableStateFlow<JSONObject?>(null)

    /** Null until the first config ever; use the defaults the app was built with until then. Never expires. */
    val config: StateFlow<JSONObject?> = latest

    /** At start, and when the app comes to the front. Works on the IO threads; a failure leaves things as they are. */
    suspend fun refresh() = withContext(Dispatchers.IO) {
        mutex.withLock {
            if (kept == null) lastKnown()?.let { adopt(it) }
            try {
                fetch(kept?.optString("etag"))?.let { fresh ->
                    adopt(fresh)
                    save(fresh.toString().toByteArray())
                }
            } catch (e: IOException) { // offline or too slow
            } catch (e: JSONException) { // a captive portal's page, for example
            }
        }
    }

    private fun adopt(found: JSONObject) { kept = found; latest.value = found.getJSONObject("config") }

    private fun lastKnown(): JSONObject? =
        try {
            JSONObject(String(file.readFully())).takeIf { it.optJSONObject("config") != null }
        } catch (e: IOException) { null } catch (e: JSONException) { null }

    private fun save(bytes: ByteArray) {
        val stream = file.startWrite()
        try { stream.write(bytes); file.finishWrite(stream) } catch (e: IOException) { file.failWrite(stream); throw e }
    }

    private fun fetch(etag: String?): JSONObject? {
        val connection = URL("$server/v1/api/config/$appId").openConnection() as HttpURLConnection
        connection.apply { connectTimeout = 5_000; readTimeout = 10_000; useCaches = false }
        if (!etag.isNullOrEmpty()) connection.setRequestProperty("If-None-Match", etag)
        try {
            if (connection.responseCode != 200) return null // 304: ours is current. 4xx, 5xx: ours is the best there is
            val config = JSONObject(connection.inputStream.bufferedReader().use { it.readText() })
            config.getJSONObject("data") // throws when it isn't a config
            return JSONObject().put("etag", connection.getHeaderField("ETag")).put("config", config)
        } finally { connection.disconnect() }
    }
}
