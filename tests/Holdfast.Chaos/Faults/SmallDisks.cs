using Holdfast.Chaos.Servers;
using Holdfast.TestServers;

namespace Holdfast.Chaos.Faults;

/// <summary>Small disks that hold a server's messages during a run, so that one can be filled. Mounting them takes root.</summary>
internal sealed class SmallDisks(ChaosField field) : IAsyncDisposable
{
    // Rows of either size until none fits, then what is free in the messages' own last pages.
    private const string Fill = """
        do $$ declare size int; begin
          foreach size in array array[5000, 200] loop
            loop begin insert into filler select string_agg(gen_random_uuid()::text, '') from generate_series(1, size); exception when disk_full then exit; end; end loop;
          end loop;
          for i in 1..40 loop
            begin
              insert into holdfast.session_memories (tenant_id, id, stamp, session_id, occurred_at, memory_type, content)
              select 'filler', gen_random_uuid(), gen_random_uuid(), 'filler', now(), 'message_user', to_json(repeat('x', 1000)) from generate_series(1, 8);
            exception when disk_full then exit; end;
          end loop;
        end $$
        """;

    private readonly Dictionary<int, SmallDisk> _disks = [];

    /// <summary>Whether this machine lets the run mount one.</summary>
    public static async Task<bool> CanMountAsync()
    {
        try
        {
            await using var disk = await SmallDisk.MountAsync(megabytes: 1);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Moves a server's messages to a small disk; before the run writes any.</summary>
    public async Task PrepareAsync(int provider)
    {
        if (_disks.ContainsKey(provider)) return;
        _disks[provider] = await SmallDisk.MountAsync(megabytes: 8);
        await SqlAsync(provider, $"create tablespace {field.Database} location '{_disks[provider].Folder}'");
        await SqlAsync(provider, $"alter table holdfast.session_memories set tablespace {field.Database}");
    }

    /// <summary>Fills it until not even a message fits.</summary>
    public async Task<Func<Task>> FillAsync(int provider)
    {
        await SqlAsync(provider, $"create table filler (text text) tablespace {field.Database}");
        await SqlAsync(provider, Fill);
        return async () =>
        {
            await SqlAsync(provider, "drop table filler");
            // A server that is killed later would fill the disk again from its log, and not come up.
            await SqlAsync(provider, "checkpoint");
        };
    }

    /// <summary>Call after the run's database is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (provider, disk) in _disks)
        {
            await using var _ = disk;
            await field.Servers.RunAsync(provider, $"drop tablespace {field.Database}", "postgres");
        }
    }

    private Task SqlAsync(int provider, string sql) => field.Servers.RunAsync(provider, sql, field.Database);
}
