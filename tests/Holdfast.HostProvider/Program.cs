// A host application that has chosen its own SQLite before it opens a memory (argument "host"), or that leaves the choice
// to Holdfast (argument "none"). Prints what is in use before and after, and whether the memory works.
using System.Reflection;
using System.Runtime.InteropServices;
using Holdfast;
using SQLitePCL;

var (mode, home) = (args[0], args[1]);
SQLite3Provider_e_sqlite3? own = null;
if (mode == "host")
{
    // The host resolves the library in its own way: a second resolver of Holdfast's would be an error.
    NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, (name, assembly, path) => name == "e_sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0);
    own = new SQLite3Provider_e_sqlite3();
    raw.SetProvider(own);
}

var memory = await AgentMemory.OpenAsync(new HoldfastOptions { Home = home });
await using (memory)
{
    var session = await memory.OpenSessionAsync("s");
    await session.AppendUserAsync("hello");
    Console.WriteLine($"text {(await session.LoadAsync())[0].Text}");
}
var inUse = typeof(raw).GetField("_imp", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null);
Console.WriteLine($"provider {(inUse is null ? "none" : ReferenceEquals(inUse, own) ? "the host's" : "Holdfast's")}");
