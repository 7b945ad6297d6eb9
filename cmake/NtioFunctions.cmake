# placeholder, replaced within minutes
