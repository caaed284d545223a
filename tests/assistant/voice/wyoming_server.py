"""A server of Wyoming's protocol on the loopback interface, for tests: wyoming_server.py MODE. Prints its port.

`good` is the protocol's own package, with flite and pocketsphinx behind it; the others behave badly.
"""

import asyncio
import io
import subprocess
import sys
import tempfile
import wave

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import async_read_event, async_write_event
from wyoming.server import AsyncEventHandler
from wyoming.tts import Synthesize


class Speech(AsyncEventHandler):
    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self.sound = b""

    async def handle_event(self, event):
        if AudioChunk.is_type(event.type):
            self.sound += AudioChunk.from_event(event).audio
        elif AudioStop.is_type(event.type):
            await self.write_event(Transcript(text=self.recognise()).event())
            return False
        elif Synthesize.is_type(event.type):
            await self.speak(Synthesize.from_event(event).text)
            return False
        return Transcribe.is_type(event.type) or AudioStart.is_type(event.type) or AudioChunk.is_type(event.type)

    def recognise(self):
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(16000)
            out.writeframes(self.sound)
        # It looks at the end of the name: without ".wav" the header would be sound.
        with tempfile.NamedTemporaryFile(suffix=".wav") as named:
            named.write(file.getvalue())
            named.flush()
            command = ["pocketsphinx_continuous", "-infile", named.name, "-logfn", "/dev/null"]
            return subprocess.run(command, capture_output=True, check=True).stdout.decode()

    async def speak(self, text):
        named = tempfile.NamedTemporaryFile(suffix=".wav")
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", named.name], check=True)
        with named, wave.open(named.name) as spoken:
            form = {"rate": spoken.getframerate(), "width": spoken.getsampwidth(), "channels": spoken.getnchannels()}
            await self.write_event(AudioStart(**form).event())
            while audio := spoken.readframes(1024):
                await self.write_event(AudioChunk(audio=audio, **form).event())
        await self.write_event(AudioStop().event())


async def behave_badly(mode, reader, writer):
    try:
        await async_read_event(reader)
        if mode == "garbage":
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 2)
        elif mode == "error":
            await async_write_event(Error(text="the model is missing", code="no-model").event(), writer)
        elif mode == "cut":
            await async_write_event(AudioStart(rate=16000, width=2, channels=1).event(), writer)
            writer.write(b'{"type":"audio-chunk","data":{"rate":16000,"width":2,"channels":1},"payload_length":1000}\nabc')
        elif mode == "endless-header":
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        elif mode == "endless-events":
            while True:
                await async_write_event(Transcribe().event(), writer)
        elif mode == "flood":
            # Faster than anybody reads it.
            while True:
                writer.write(b'{"type":"transcribe"}\n' * 100000)
                await writer.drain()
        elif mode == "refuses":
            await async_write_event(Error(text="the model is missing " + "\u00e9" * 200).event(), writer)
        elif mode == "wide":
            chunk = AudioChunk(rate=16000, width=4, channels=2, audio=bytes(800))
            await async_write_event(chunk.event(), writer)
        elif mode == "mute":
            await async_write_event(AudioStop().event(), writer)
            writer.write(b'{"type":"transcript"}\n')
        elif mode == "silent":
            await asyncio.sleep(600)
        await writer.drain()
        writer.close()
    except ConnectionError:
        pass


async def main(mode):
    async def serve(reader, writer):
        if mode == "good":
            await Speech(reader, writer).run()
        else:
            await behave_badly(mode, reader, writer)

    server = await asyncio.start_server(serve, host="127.0.0.1", port=0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # With the test that started it.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


asyncio.run(main(sys.argv[1]))
