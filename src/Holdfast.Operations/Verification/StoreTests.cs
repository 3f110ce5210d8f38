namespace Holdfast.Operations.Verification;

/// <summary>A session saved, loaded, compared, deleted and emptied on one store; what is read is read over a connection of its own.</summary>
/// <param name="tests">Where they are listed.</param>
/// <param name="name">The store.</param>
/// <param name="open">Opens a memory on it, anew at each call.</param>
internal sealed class StoreTests(TestList tests, string? name, Func<CancellationToken, Task<AgentMemory>> open)
{
    private static readonly string[] Names = ["a session is saved", "it is loaded in its order and time", "knowledge and settings are written and queried", "it is deleted", "what the tests wrote is emptied again"];

    public async Task RunAsync(bool mayWrite, CancellationToken cancellationToken)
    {
        if (!mayWrite)
        {
            foreach (var skipped in Names) tests.Skip(name, skipped, "writes are frozen");
            return;
        }
        var sample = new SampleSession();
        var saved = await RunAsync(0, (memory, token) => sample.SaveAsync(memory, token), cancellationToken).ConfigureAwait(false);
        if (saved) await RunAsync(1, (memory, token) => sample.CompareAsync(memory, token), cancellationToken).ConfigureAwait(false);
        else tests.Skip(name, Names[1], "not reached: nothing was saved");
        await RunAsync(2, (memory, token) => SampleRegisters.CheckAsync(memory, sample.Id, token), cancellationToken).ConfigureAwait(false);
        if (saved) await RunAsync(3, (memory, token) => sample.DeleteAsync(memory, token), cancellationToken).ConfigureAwait(false);
        else tests.Skip(name, Names[3], "not reached: nothing was saved");
        await RunAsync(4, (memory, token) => sample.EmptyAsync(memory, token), cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> RunAsync(int test, Func<AgentMemory, CancellationToken, Task<string>> check, CancellationToken cancellationToken) => tests.RunAsync(name, Names[test], async token =>
    {
        var memory = await open(token).ConfigureAwait(false);
        await using var _ = memory.ConfigureAwait(false);
        return await check(memory, token).ConfigureAwait(false);
    }, cancellationToken);
}
