local suspended = obj.spec ~= nil and obj.spec.suspend == true
return {
  refresh = { disabled = suspended, iconClass = "fa fa-fw fa-sync", displayName = "Refresh" },
  pause = { disabled = suspended, iconClass = "fa fa-fw fa-pause", displayName = "Pause" },
  resume = { disabled = not suspended, iconClass = "fa fa-fw fa-play", displayName = "Resume" },
}
