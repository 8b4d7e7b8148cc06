return {
  refresh = { disabled = false, iconClass = "fa fa-fw fa-sync", displayName = "Refresh" },
}
